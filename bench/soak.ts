/** `pnpm bench soak [downloads]`: many small downloads, one in ten with a fault: what grows, what stays behind. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal } from '../packages/contracts/src/index.ts';
import { startOrigin } from '../apps/server/test/origin/origin.ts';
import { processes } from '../apps/server/test/integration/server-process.ts';
import { repositoryDir } from './lib/artemis.ts';
import { openBench } from './lib/bench.ts';
import { head, load, versions } from './lib/report.ts';

const count = Number(process.argv[2] ?? 5000);
const BATCH = 200;
/** Every tenth download gets one: missing, silently cut short, text named like a video, a broken connection, half headers. */
const FAULTS = [
  '/fault/status/404/x.mp4',
  '/fault/short-without-length.mp4',
  '/fault/text.mp4',
  '/fault/reset.mp4',
  '/fault/half-headers.mp4',
];
const SAMPLE_MS = 2000;

interface Sample {
  readonly atHours: number;
  readonly ended: number;
  readonly rssMib: number;
  readonly descriptors: number;
  readonly zombies: number;
}

/** Least squares: what `pick` grows by with each unit of `by`. */
function slope(
  samples: readonly Sample[],
  by: (sample: Sample) => number,
  pick: (sample: Sample) => number,
): number {
  const n = samples.length;
  const meanX = samples.reduce((sum, sample) => sum + by(sample), 0) / n;
  const meanY = samples.reduce((sum, sample) => sum + pick(sample), 0) / n;
  let top = 0;
  let bottom = 0;
  for (const sample of samples) {
    top += (by(sample) - meanX) * (pick(sample) - meanY);
    bottom += (by(sample) - meanX) ** 2;
  }
  return bottom === 0 ? 0 : top / bottom;
}

const { bench, close } = await openBench();
const faulty = await startOrigin();
process.once('SIGINT', () => void close().then(() => process.exit(130)));
try {
  const artemis = await bench.startArtemis({
    EGRESS_ALLOW: `${bench.origin.hostPort},${faulty.hostPort}`,
    MAX_WORKERS: '4',
    MAX_PER_HOST: '4',
    MAX_ATTEMPTS: '1',
    MAX_QUEUE_DEPTH: '1000',
  });
  const { client, pid } = artemis;
  const samples: Sample[] = [];
  const startedMs = performance.now();
  const ends: Record<string, number> = {};
  const wrong: string[] = [];
  let ended = 0;

  async function sample(): Promise<void> {
    const text = await readFile(`/proc/${pid}/status`, 'utf8');
    const all = await processes();
    const family = new Set([pid]);
    for (let size = 0; size !== family.size;) {
      size = family.size;
      for (const one of all) if (family.has(one.parent)) family.add(one.pid);
    }
    samples.push({
      atHours: (performance.now() - startedMs) / 3_600_000,
      ended,
      rssMib: Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) / 1024,
      descriptors: (await readdir(`/proc/${pid}/fd`)).length,
      zombies: all.filter(({ pid: one, state }) => family.has(one) && state === 'Z').length,
    });
  }
  let isOver = false;
  const sampling = (async () => {
    while (!isOver) {
      await sample();
      await sleep(SAMPLE_MS);
    }
  })();

  for (let from = 0; from < count; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, count - from) }, (_, n) => from + n);
    const urls = numbers.map((n) =>
      n % 10 === 9
        ? `${faulty.url}${FAULTS[Math.floor(n / 10) % FAULTS.length]}?key=${n}`
        : bench.origin.fresh('50000.mp4').url,
    );
    const { downloads } = await client.createDownloads({ urls });
    for (const [index, { id }] of downloads.entries()) {
      for (;;) {
        const { download } = await client.getDownload(id);
        if (isTerminal(download.status)) {
          const end = download.error?.code ?? download.status;
          ends[end] = (ends[end] ?? 0) + 1;
          const isFault = (numbers[index] ?? 0) % 10 === 9;
          if (isFault === (end === 'completed')) wrong.push(`${urls[index]}: ${end}`);
          break;
        }
        await sleep(20);
      }
      ended += 1;
      // The clean-up behind an attempt may not be over yet.
      while (
        (await client.call('removeDownload', { id, query: { purge: 'file' } })).status === 409
      ) {
        await sleep(10);
      }
    }
    faulty.requests.length = 0;
    console.log(`${ended} ended, ${Math.round(samples.at(-1)?.rssMib ?? 0)} MiB`);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  isOver = true;
  await sampling;
  // Waits until idle connections and engines are gone.
  await sleep(10_000);
  await sample();
  const { queued, running } = await client.telemetry();
  // The first third is warm-up: caches, compiled code, pools.
  const steady = samples.slice(Math.floor(samples.length / 3));
  const perThousand =
    slope(
      steady,
      (one) => one.ended,
      (one) => one.rssMib,
    ) * 1000;
  const fdSlope =
    slope(
      steady,
      (one) => one.ended,
      (one) => one.descriptors,
    ) * 1000;
  const rss = steady.map((one) => one.rssMib);
  const last = samples.at(-1);
  const jobs = await readdir(join(artemis.downloadsDir, '.artemis-jobs'));
  const left = jobs.filter((name) => !name.startsWith('.')).length;
  const files = (await readdir(artemis.downloadsDir)).filter((name) => name !== '.artemis-jobs');
  const report = `${head('Soak', versions(bench.tools))}

${count} downloads of 50 kB, four at a time, every tenth with a fault; each is purged with its file when it has ended. ${seconds.toFixed(0)} s, ${(count / seconds).toFixed(1)} a second.

| measure | figure |
| --- | ---: |
| ends | ${Object.entries(ends)
    .map(([end, n]) => `${n} ${end}`)
    .join(', ')} |
| ended otherwise than they had to | ${wrong.length} |
| still queued or running | ${queued + running} |
| memory of the server, from – to (after the first third) | ${Math.min(...rss).toFixed(0)}–${Math.max(...rss).toFixed(0)} MiB |
| growth of memory a thousand downloads | ${perThousand.toFixed(2)} MiB |
| descriptors, most and at the end | ${Math.max(...samples.map((one) => one.descriptors))}, ${last?.descriptors} |
| growth of descriptors a thousand downloads | ${fdSlope.toFixed(2)} |
| zombies at the end | ${last?.zombies} |
| work folders and files left | ${left}, ${files.length} |

Load average of one minute at the end: ${load().toFixed(1)}. 
`;
  console.log(report);
  for (const line of wrong.slice(0, 20)) console.log(line);
  const folder = join(repositoryDir, 'bench/results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `soak-${new Date().toISOString().slice(0, 10)}.md`), report);
  await artemis.stop();
  const isFine =
    wrong.length + queued + running + left + files.length + (last?.zombies ?? 0) === 0 &&
    Math.abs(fdSlope) < 2;
  process.exitCode = isFine ? 0 : 1;
} finally {
  await faulty.close();
  await close();
}
