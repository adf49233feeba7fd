/** `pnpm torture [--seed S] [--only a,b] [--scale 1] [--list]`: about ten minutes; see docs/reliability.md. */
import { parseArgs } from 'node:util';
import { clockJumps } from './clock-jumps.ts';
import { fragments } from './fragments.ts';
import { freezes } from './freezes.ts';
import { fullDownloads, fullHistory } from './full-disks.ts';
import { fuzz } from './fuzz.ts';
import { goneClients } from './gone-clients.ts';
import { hostileOrigin } from './hostile-origin.ts';
import { ioErrors } from './io-errors.ts';
import { kills } from './kills.ts';
import { liveStreams } from './live-streams.ts';
import { lostDisks } from './lost-disks.ts';
import { manyRecords } from './many-records.ts';
import { createRandom } from './random.ts';
import { LeftOutError, type Scenario, type Verdict } from './scenario.ts';
import { stops } from './stops.ts';
import { twoServers } from './two-servers.ts';
import { toolsUnderTest } from '../tools-under-test.ts';

const usual: readonly Scenario[] = [
  kills,
  stops,
  fragments,
  liveStreams,
  freezes,
  fullDownloads,
  fullHistory,
  lostDisks,
  ioErrors,
  clockJumps,
  twoServers,
  goneClients,
  manyRecords,
  hostileOrigin,
];
/** Only when asked for: it takes a quarter of an hour. */
const all: readonly Scenario[] = [...usual, fuzz];

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});

interface Row {
  readonly scenario: string;
  readonly verdict: Verdict;
}

function chosen(): readonly Scenario[] {
  if (values.only === undefined) return values.rounds === undefined ? usual : [kills];
  return values.only.split(',').map((name) => {
    const found = all.find((scenario) => scenario.name === name);
    if (!found) throw new Error(`no scenario ${name}; --list names them`);
    return found;
  });
}

async function main(): Promise<void> {
  if (values.list) {
    for (const { name, about } of all) console.log(`${name.padEnd(16)}${about}`);
    return;
  }
  await refuseWithoutTools();
  const seed = Number(values.seed);
  // So many kills or interruptions, as `--rounds` says: the usual length has sixty.
  const scale = values.rounds === undefined ? Number(values.scale) : Number(values.rounds) / 60;
  const isBounded = values.rounds === undefined && scale <= 1;
  console.log(`seed ${seed}`);
  const rows: Row[] = [];
  const leftOut: string[] = [];
  const startedMs = performance.now();
  for (const scenario of chosen()) {
    console.log(`\n${scenario.name}: ${scenario.about}`);
    const atMs = performance.now();
    try {
      const say = (line: string) => console.log(`  ${line}`);
      // Each has numbers of its own, so that one alone does the same as among others.
      const isOver = () => isBounded && performance.now() - atMs > scenario.seconds * 1000;
      const verdicts = await scenario.run({ random: createRandom(seed), scale, say, isOver });
      rows.push(...verdicts.map((verdict) => ({ scenario: scenario.name, verdict })));
    } catch (error) {
      if (error instanceof LeftOutError) leftOut.push(`${scenario.name}: ${error.message}`);
      else {
        const broken = [String(error instanceof Error ? error.stack : error)];
        rows.push({ scenario: scenario.name, verdict: { promise: 'ends', checked: 1, broken } });
      }
    }
    console.log(`  ${Math.round((performance.now() - atMs) / 1000)} s`);
  }
  report(rows, leftOut, seed, performance.now() - startedMs);
}

/** Downloads that all fail for want of a tool would say nothing of the promises. */
async function refuseWithoutTools(): Promise<void> {
  const tools = await toolsUnderTest();
  const missing = (['python', 'ytDlp', 'ffmpeg'] as const).filter((name) => tools[name] === null);
  if (missing.length === 0) return;
  console.error(`Not found: ${missing.join(', ')}. \`npm start\` or \`npm test\` sets them up.`);
  process.exit(1);
}

function report(
  rows: readonly Row[],
  leftOut: readonly string[],
  seed: number,
  tookMs: number,
): void {
  const wide = (pick: (row: Row) => string) => Math.max(0, ...rows.map((row) => pick(row).length));
  const [name, promise] = [wide((row) => row.scenario), wide((row) => row.verdict.promise)];
  console.log('');
  for (const { scenario, verdict } of rows) {
    const { checked, broken } = verdict;
    const state = broken.length === 0 && checked > 0 ? 'kept' : 'BROKEN';
    console.log(
      `${scenario.padEnd(name)}  ${verdict.promise.padEnd(promise)}  ${String(checked).padStart(6)}  ${state}`,
    );
    for (const line of broken.slice(0, 10)) console.log(`    ${line}`);
  }
  for (const line of leftOut) console.log(`left out: ${line}`);
  const isFine = rows.every(({ verdict }) => verdict.broken.length === 0 && verdict.checked > 0);
  console.log(
    `\n${isFine ? 'every promise was kept' : 'a promise was broken'}; seed ${seed}, ${Math.round(tookMs / 1000)} s`,
  );
  process.exitCode = isFine ? 0 : 1;
}

await main();
