/** `pnpm bench history [records]`: what a save and a start cost when many downloads wait, beside a history with none. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Download } from '../packages/contracts/src/index.ts';
import { createJsonFileHistory } from '../apps/server/src/adapters/history.json-file.ts';
import { BLANK_RECORD } from '../apps/server/src/domain/blank-record.ts';

const count = Number(process.argv[2] ?? 40_000);
const SINGLE_SAVES = 100;
const CALLERS = 50;
const BURST_MS = 5000;
const logger = { info: () => undefined, warn: console.error, error: console.error };
const folder = await mkdtemp(join(tmpdir(), 'artemis-bench-history-'));

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
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.max / 1e6;
}

try {
  const small = open('small');
  await small.load();
  const smallMs = await singleSaves(small);
  await small.close();

  const filling = open('large');
  await filling.load();
  for (let done = 0; done < count; done += 500) {
    await filling.save({ put: Array.from({ length: 500 }, record) });
  }
  await filling.close();
  const file = await stat(join(folder, 'large', 'downloads-history.json'));

  const heapBefore = heap();
  const large = open('large');
  const before = performance.now();
  let content: unknown = await large.load();
  const loadMs = performance.now() - before;
  const rss = process.memoryUsage().rss;
  const held = heap() - heapBefore;
  const largeMs = await singleSaves(large);
  const rewriteBlock = await longestBlock(() => sleep(4000));
  const perSecond = await burst(large);
  const closeBlock = await longestBlock(() => large.close());
  content = null;
  console.log(
    [
      `records                              ${count} (${mib(file.size)})`,
      `start                                ${loadMs.toFixed(0)} ms, ${mib(rss)} RSS behind it`,
      `held for each record                 ${(held / count).toFixed(0)} bytes (file: ${(file.size / count).toFixed(0)})`,
      `one save, none waiting / all waiting ${smallMs.toFixed(2)} / ${largeMs.toFixed(2)} ms: ${(largeMs / smallMs).toFixed(2)}`,
      `durable saves a second, ${CALLERS} callers   ${perSecond.toFixed(0)}`,
      `longest block while it is written    ${rewriteBlock.toFixed(1)} ms, at the stop ${closeBlock.toFixed(1)} ms`,
      `most memory                          ${mib(process.resourceUsage().maxRSS * 1024)}`,
    ].join('\n'),
  );
  void content;
} finally {
  await rm(folder, { recursive: true, force: true });
}
