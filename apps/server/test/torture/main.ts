import { parseArgs } from 'node:util';
import { runKills } from './kills.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const seed = Number(values.seed);
console.log(`seed ${seed}`);
const startedMs = performance.now();
const report = await runKills({
  rounds: Number(values.rounds),
  seed,
  say: (line) => console.log(line),
});
console.log(JSON.stringify(report, null, 2));
console.log(`${Math.round((performance.now() - startedMs) / 1000)} s`);
const isFine =
  report.lost.length + report.different.length + report.leftOver.length === 0 &&
  report.completed > 0;
console.log(isFine ? 'every promise was kept' : 'a promise was broken');
process.exitCode = isFine ? 0 : 1;
