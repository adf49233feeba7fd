/** `pnpm bench history [records]`: what a save and a start cost when many downloads wait, beside a history with none. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Download } from '../packages/contracts/src/index.ts';
import { createJsonFileHistory } from '../apps/server/src/adapters/history.json-file.ts';
import { BLANK_RECORD } from '../apps/server/src/domain/blank-record.ts';

const count = Number(process.argv[2] ?? 40_000);
/** Of the process that only fills a folder, so that its memory is not counted. */
const toFill = process.argv[3];
const SINGLE_SAVES = 100;
const CALLERS = 50;
const BURST_MS = 5000;
const logger = { info: () => undefined, warn: console.error, error: console.error };
const folder = toFill ?? (await mkdtemp(join(tmpdir(), 'artemis-bench-history-')));
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function record(): Download {
  const at = new Date().toISOString();
  const id = randomUUID();
  return {
    ...BLANK_RECORD,
    ...{ id, created_at: at, updated_at: at },
    url: `https://videos.example/watch?v=${id}`,
    title: 'A title as long as most titles of videos are, or a little longer than that',
    notes: 'n'.repeat(600),
    metadata: {
      title: 'The same title',
      uploader: 'Somebody',
      duration: 1234.5,
      extractor: 'site',
    },
  };
}

function open(name: string) {
  return createJsonFileHistory({
    path: join(folder, name, 'downloads-history.json'),
    dataDir: join(folder, name, 'data'),
    logger,
  });
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function singleSaves(store: ReturnType<typeof open>): Promise<number> {
  const times: number[] = [];
  for (let save = 0; save < SINGLE_SAVES; save += 1) {
    const one = record();
    const before = performance.now();
    await store.save({ put: [one] });
    times.push(performance.now() - before);
  }
  return median(times);
}

async function burst(store: ReturnType<typeof open>): Promise<number> {
  let saves = 0;
  const end = performance.now() + BURST_MS;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (performance.now() < end) {
        await store.save({ put: [record()] });
        saves += 1;
      }
    }),
  );
  return saves / (BURST_MS / 1000);
}

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const heap = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

async function fill(): Promise<void> {
  const store = open('large');
  await store.load();
  for (let done = 0; done < count; done += 500) {
    await store.save({ put: Array.from({ length: 500 }, record) });
  }
  await store.close();
}

async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.max / 1e6;
}

async function measure(): Promise<void> {
  const small = open('small');
  await small.load();
  const smallMs = await singleSaves(small);
  await small.close();
  const script = fileURLToPath(import.meta.url);
  spawnSync(process.execPath, [...process.execArgv, script, String(count), folder], {
    stdio: 'inherit',
  });
  const file = await stat(join(folder, 'large', 'downloads-history.json'));

  const heapBefore = heap();
  const rssBefore = process.memoryUsage().rss;
  const large = open('large');
  const before = performance.now();
  const content = await large.load();
  const loadMs = performance.now() - before;
  const rssAfter = process.memoryUsage().rss;
  const held = heap() - heapBefore;
  const largeMs = await singleSaves(large);
  const rewriteBlock = await longestBlock(() => sleep(4000));
  const mostRss = process.resourceUsage().maxRSS * 1024;
  const perSecond = await burst(large);
  await large.close();
  console.log(
    [
      `records                              ${content.downloads.length} (${mib(file.size)})`,
      `start                                ${loadMs.toFixed(0)} ms`,
      `held for each record                 ${(held / count).toFixed(0)} bytes (file: ${(file.size / count).toFixed(0)})`,
      `memory before and after the start    ${mib(rssBefore)}, ${mib(rssAfter)}`,
      `most until it was written once       ${mib(mostRss)}`,
      `one save, none waiting / all waiting ${smallMs.toFixed(2)} / ${largeMs.toFixed(2)} ms: ${(largeMs / smallMs).toFixed(2)}`,
      `durable saves a second, ${CALLERS} callers   ${perSecond.toFixed(0)}`,
      `longest block while it is written    ${rewriteBlock.toFixed(1)} ms`,
    ].join('\n'),
  );
}

if (toFill === undefined) {
  try {
    await measure();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
} else {
  await fill();
}
