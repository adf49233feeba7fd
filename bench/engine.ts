/** `pnpm bench engine [row…]`: the built server beside other ways to do the same, see docs/performance.md. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryDir } from './lib/artemis.ts';
import { openBench, type Bench, type Row } from './lib/bench.ts';
import { load, reportOf, type RowResult } from './lib/report.ts';
import { summarise } from './lib/stats.ts';
import { burst } from './rows/burst.ts';
import { cpu } from './rows/cpu.ts';
import { fifty } from './rows/fifty.ts';
import { fileComplete } from './rows/file-complete.ts';
import { firstRequest } from './rows/first-request.ts';
import { largeFile } from './rows/large-file.ts';
import { memory } from './rows/memory.ts';
import { players } from './rows/players.ts';
import { sandbox } from './rows/sandbox.ts';
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
  players,
  sandbox,
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
  const chosen = rows.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const results: RowResult[] = [];
  const failed: string[] = [];
  for (const row of chosen) {
    const { bench, close } = await openBench();
    const end = () => void close().then(() => process.exit(130));
    process.once('SIGINT', end).once('SIGTERM', end);
    try {
      results.push(await measure(row, bench));
      await save(asked, reportOf(bench.tools, results));
    } catch (error) {
      failed.push(row.name);
      console.error(`${row.name} failed:`, error);
    } finally {
      process.off('SIGINT', end).off('SIGTERM', end);
      await close();
    }
  }
  if (failed.length > 0) throw new Error(`not measured: ${failed.join(', ')}`);
}

async function measure(row: Row, bench: Bench): Promise<RowResult> {
  const before = load();
  const startedMs = performance.now();
  const measures = await row.run(bench);
  const seconds = (performance.now() - startedMs) / 1000;
  for (const one of measures) {
    const { figure, quartiles } = summarise(one);
    const span = quartiles.map((value) => value.toFixed(3)).join('–');
    console.log(`${row.name}: ${one.title} ${figure.toFixed(3)} (${span})`);
  }
  return { name: row.name, measures, seconds, load: [before, load()] };
}

/** Saves after each row, so that an aborted run keeps what it has measured. */
async function save(asked: readonly string[], report: string): Promise<void> {
  const folder = join(repositoryDir, 'bench/results');
  await mkdir(folder, { recursive: true });
  const day = new Date().toISOString().slice(0, 10);
  await writeFile(join(folder, `${['engine', day, ...asked].join('-')}.md`), report);
}

await main(process.argv.slice(2));
