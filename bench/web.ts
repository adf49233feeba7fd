/** `pnpm bench web [row…]`: the budgets of the page, in Chromium, see docs/performance.md. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openBrowser } from '../apps/server/test/browser/browser.ts';
import { startFakeServer } from '../apps/web/test/fake-server.ts';
import { repositoryDir } from './lib/artemis.ts';
import { openBench } from './lib/bench.ts';
import { head, load } from './lib/report.ts';
import { webIdle } from './rows/web-idle.ts';
import { webIntake } from './rows/web-intake.ts';
import { webLive } from './rows/web-live.ts';
import { webLoad } from './rows/web-load.ts';
import { webNodes } from './rows/web-nodes.ts';
import { webPress } from './rows/web-press.ts';
import { webQueue } from './rows/web-queue.ts';
import { webServer } from './rows/web-server.ts';
import { webSoak } from './rows/web-soak.ts';
import {
  figureOf,
  isMet,
  lineOf,
  type WebBench,
  type WebMeasure,
  type WebRow,
} from './web/measure.ts';
import { openTab, type Browser } from './web/tab.ts';

const rows: readonly WebRow[] = [
  webLoad,
  webNodes,
  webQueue,
  webLive,
  webIdle,
  webPress,
  webIntake,
  webServer,
  webSoak,
];
const FLAGS = ['--enable-precise-memory-info', '--force-color-profile=srgb'];

interface Result {
  readonly name: string;
  readonly measures: readonly WebMeasure[];
  readonly told: string;
}

async function main(asked: readonly string[]): Promise<void> {
  const names = rows.map(({ name }) => name);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Error(`There is no row ${unknown.join(', ')}. Rows: ${names.join(', ')}`);
  }
  const results: Result[] = [];
  const failed: string[] = [];
  for (const row of rows.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
    try {
      const { result, browser } = await measure(row);
      results.push(result);
      await save(asked, reportOf(results, browser));
    } catch (error) {
      failed.push(row.name);
      console.error(`${row.name} could not be measured.`, error);
    }
  }
  if (failed.length > 0) throw new Error(`not measured: ${failed.join(', ')}`);
}

/** Runs one row in a browser of its own. Everything that the row starts is ended before the next row. */
async function measure(row: WebRow): Promise<{ result: Result; browser: string }> {
  const open: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const close of open.splice(0).toReversed()) await close();
  };
  const end = () => void closeAll().then(() => process.exit(130));
  process.once('SIGINT', end).once('SIGTERM', end);
  const before = load();
  const startedMs = performance.now();
  try {
    const browser = await openBrowser(FLAGS);
    open.push(() => browser.close());
    const measures = await row.run({
      browser,
      openTab: (options) => openTab(browser, options),
      async startRoom(options) {
        const room = await startFakeServer({
          page: join(repositoryDir, 'apps/web/dist'),
          ...options,
        });
        open.push(() => room.close().catch(() => undefined));
        return room;
      },
      ...realServer(open),
    });
    for (const one of measures) console.log(lineOf(row.name, one));
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    const told = `${row.name} ${seconds} s (${before.toFixed(1)}, ${load().toFixed(1)}; ${await calibrate(browser)} ms)`;
    return { result: { name: row.name, measures, told }, browser: browser.version() };
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    await closeAll();
  }
}

/** Looks for yt-dlp and starts the origin only for a row that needs them. */
function realServer(open: (() => Promise<unknown>)[]): Pick<WebBench, 'startArtemis' | 'heldUrl'> {
  let engine: Awaited<ReturnType<typeof openBench>> | null = null;
  return {
    async startArtemis(environment = {}) {
      engine ??= await openBench();
      open.push(engine.close);
      return engine.bench.startArtemis(environment);
    },
    heldUrl() {
      if (engine === null) throw new Error('Start the server before holding a link.');
      return engine.bench.origin.fresh('100000000.mp4', 'trickle').url;
    },
  };
}

/** How long a fixed loop takes in this browser now, so that two runs can be compared. */
async function calibrate(browser: Browser): Promise<string> {
  const page = await browser.newPage();
  const times = await page.evaluate(() =>
    [0, 1, 2].map(() => {
      const startedMs = performance.now();
      let sum = 0;
      for (let step = 0; step < 100_000_000; step += 1) sum = (sum + step * 7) | 0;
      return performance.now() - startedMs + (sum === 1 ? 1 : 0);
    }),
  );
  await page.close();
  return Math.min(...times).toFixed(0);
}

function reportOf(results: readonly Result[], chromium: string): string {
  const { version: svelte } = createRequire(join(repositoryDir, 'apps/web/package.json'))(
    'svelte/package.json',
  ) as { version: string };
  const programs = `Node ${process.versions.node}, Chromium ${chromium} without a graphics processor, Svelte ${svelte}`;
  const lines = results.flatMap(({ name, measures }) =>
    measures.map((measure) => lineOf(name, measure)),
  );
  const notes = results.flatMap(({ measures }) =>
    measures.flatMap(({ title, note }) => (note === undefined ? [] : [`- ${title}: ${note}.`])),
  );
  const missed = results.flatMap(({ measures }) =>
    measures.flatMap((one) =>
      isMet(one) === false ? [`- ${one.title}: ${figureOf(one).toFixed(2)} ${one.unit}`] : [],
    ),
  );
  return `${head('Page', programs)}

Medians with their extremes. 4x is a processor slowed down to a quarter by the browser.

| budget | row | measure | median | extremes | rounds | limit | met |
| --- | --- | --- | ---: | ---: | ---: | ---: | --- |
${lines.join('\n')}

${notes.join('\n')}

${missed.length === 0 ? 'Every limit is met.' : `Missed:\n\n${missed.join('\n')}`}

Time taken by each row, and the load average of one minute before and after it; then the time of a fixed loop in its browser:
${results.map(({ told }) => told).join('; ')}.
`;
}

/** Saves after each row, so that an aborted run keeps what it has measured. */
async function save(asked: readonly string[], report: string): Promise<void> {
  const folder = join(repositoryDir, 'bench/results');
  await mkdir(folder, { recursive: true });
  const day = new Date().toISOString().slice(0, 10);
  await writeFile(join(folder, `${['web', day, ...asked].join('-')}.md`), report);
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
