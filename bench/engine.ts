/** `pnpm bench engine [row…]`: the built server beside other ways to do the same, see docs/performance.md. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryDir } from './lib/artemis.ts';
import { openBench, type Row } from './lib/bench.ts';
import { load, reportOf, type RowResult } from './lib/report.ts';
import { summarise } from './lib/stats.ts';
import { burst } from './rows/burst.ts';
import { cpu } from './rows/cpu.ts';
import { fifty } from './rows/fifty.ts';
import { fileComplete } from './rows/file-complete.ts';
import { firstRequest } from './rows/first-request.ts';
import { largeFile } from './rows/large-file.ts';
import { memory } from './rows/memory.ts';
import { segments } from './rows/segments.ts';
import { start } from './rows/start.ts';

const rows: readonly Row[] = [
  firstRequest,
  fileComplete,
  fifty,
  cpu,
  burst,
  memory,
  segments,
  largeFile,
  start,
];

async function main(asked: readonly string[]): Promise<void> {
  const unknown = asked.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `no row ${unknown.join(', ')}; there are ${rows.map(({ name }) => name).join(', ')}`,
    );
  }
  if (process.platform !== 'linux')
    throw new Error('CPU and memory are read from /proc: Linux only.');
  const { bench, close } = await openBench();
  const end = () => void close().then(() => process.exit(130));
  process.once('SIGINT', end).once('SIGTERM', end);
  const results: RowResult[] = [];
  try {
    for (const row of rows.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
      const before = load();
      const startedMs = performance.now();
      const measures = await row.run(bench);
      const seconds = (performance.now() - startedMs) / 1000;
      results.push({ name: row.name, measures, seconds, load: [before, load()] });
      for (const measure of measures) {
        const { figure, quartiles } = summarise(measure);
        console.log(
          `${row.name}: ${measure.title} ${figure.toFixed(3)} (${quartiles.map((value) => value.toFixed(3)).join('–')})`,
        );
      }
    }
    const report = reportOf(bench.tools, results);
    const name = `engine-${new Date().toISOString().slice(0, 10)}${asked.length > 0 ? `-${asked.join('-')}` : ''}.md`;
    await writeFile(join(repositoryDir, 'bench/results', name), report);
    console.log(`\n${report}`);
  } finally {
    await close();
  }
}

await main(process.argv.slice(2));
