/** `pnpm bench overload`: what a flood of requests and slow sockets does to others, and to running downloads. */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startOrigin } from '../apps/server/test/origin/origin.ts';
import { repositoryDir } from './lib/artemis.ts';
import { openBench } from './lib/bench.ts';
import { startChild } from './lib/children.ts';
import { head, load, versions } from './lib/report.ts';
import { median, quantile } from './lib/stats.ts';

const PER_SECOND = 2000;
const SECONDS = 60;
const SLOW_SOCKETS = 600;
const DOWNLOADS = 8;
/** Each runs for about eighty seconds. */
const FILE = '/padded.mp4?size=2600000&kib_per_s=32';
const RECOVERY_MS = 10_000;
/** The flood is 127.0.0.1; this one is another caller. */
const OTHER_ADDRESS = '127.0.0.2';

interface Flood {
  readonly sent: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly mostHeld: number;
}

async function rssMib(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) / 1024;
}

/** Sends a request every 50 ms until `isOver`, each on an open connection. */
async function ask(baseUrl: string, path: string, isOver: () => boolean) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4, localAddress: OTHER_ADDRESS });
  const tookMs: number[] = [];
  const wrong: number[] = [];
  const under: Promise<void>[] = [];
  while (!isOver()) {
    const atMs = performance.now();
    under.push(
      new Promise((resolve) => {
        const request = http.get(baseUrl + path, { agent }, (response) => {
          if (response.statusCode !== 200) wrong.push(response.statusCode ?? 0);
          response.resume();
          response.on('end', () => tookMs.push(performance.now() - atMs));
        });
        request.on('error', () => wrong.push(0));
        request.on('close', resolve);
      }),
    );
    await sleep(50);
  }
  await Promise.all(under);
  agent.destroy();
  return { tookMs, wrong };
}

const { bench, close } = await openBench();
const source = await startOrigin();
process.once('SIGINT', () => void close().then(() => process.exit(130)));
try {
  const artemis = await bench.startArtemis({
    MAX_WORKERS: String(DOWNLOADS),
    MAX_PER_HOST: String(DOWNLOADS),
    RATE_LIMIT_ENABLED: 'true',
    EGRESS_ALLOW: source.hostPort,
  });
  const loadBefore = load();
  const urls = Array.from({ length: DOWNLOADS }, (_, n) => `${source.url}${FILE}&n=${n}`);
  const { downloads } = await artemis.client.createDownloads({ urls });
  while (source.requests.length < 2 * DOWNLOADS) await sleep(50);
  let isOver = false;
  const calm = await ask(
    artemis.baseUrl,
    '/healthz',
    (
      (until) => () =>
        performance.now() > until
    )(performance.now() + 3000),
  );

  const flood = startChild(
    process.execPath,
    [
      '--conditions=@artemis/source',
      '--import',
      'tsx',
      fileURLToPath(new URL('./lib/flood.ts', import.meta.url)),
      ...[new URL(artemis.baseUrl).port, PER_SECOND, SECONDS, SLOW_SOCKETS].map(String),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const told = once(flood, 'message') as Promise<[Flood]>;
  const memory: number[] = [];
  const health = ask(artemis.baseUrl, '/healthz', () => isOver);
  const sampling = (async () => {
    while (!isOver) {
      memory.push(await rssMib(artemis.pid));
      await sleep(1000);
    }
  })();
  const [{ sent, statuses, mostHeld }] = await told;
  isOver = true;
  await sampling;
  const during = await health;
  await sleep(RECOVERY_MS);
  const until = performance.now() + 3000;
  const after = await ask(artemis.baseUrl, '/api/v1/telemetry', () => performance.now() > until);
  const ends = await Promise.all(
    downloads.map(async ({ id }) => {
      for (;;) {
        const { download } = await artemis.client.getDownload(id).catch(() => ({ download: null }));
        if (download !== null && !['queued', 'running'].includes(download.status)) return download;
        await sleep(2000);
      }
    }),
  );
  const whole = ends.filter(({ status, attempt }) => status === 'completed' && attempt === 1);
  const peak = Math.max(...memory);
  const answered = Object.entries(statuses)
    .map(([status, count]) => `${count} × ${status}`)
    .join(', ');
  const p99 = quantile(during.tookMs, 0.99);
  const foul = Object.keys(statuses).filter(
    (status) => !['202', '429', 'not sent'].includes(status),
  );
  const rows: readonly (readonly [string, string, string, boolean])[] = [
    [
      '`/healthz` of another caller, 99 of 100 within',
      `${p99.toFixed(0)} ms`,
      '≤ 250 ms',
      p99 <= 250,
    ],
    ['… not answered with 200', String(during.wrong.length), '0', during.wrong.length === 0],
    ['most memory of the server', `${peak.toFixed(0)} MiB`, '≤ 400 MiB', peak <= 400],
    ['answers to the flood', answered, '202 and 429 alone', foul.length === 0],
    ['slow sockets held at once', String(mostHeld), String(SLOW_SOCKETS), mostHeld >= SLOW_SOCKETS],
    [
      'telemetry 10 s later, median',
      `${median(after.tookMs).toFixed(1)} ms, ${after.wrong.length} refused`,
      'as before',
      after.wrong.length === 0,
    ],
    [
      'downloads completed at the first attempt',
      `${whole.length} of ${DOWNLOADS}`,
      'all',
      whole.length === DOWNLOADS,
    ],
  ];
  const table = rows.map(
    (row) => `| ${row[0]} | ${row[1]} | ${row[2]} | ${row[3] ? 'yes' : 'no'} |`,
  );
  const report = `${head('Overload', versions(bench.tools))}

${PER_SECOND} POSTs a second for ${SECONDS} s (${sent} sent) and ${SLOW_SOCKETS} sockets that say a byte of their headers every two seconds, from one
address, while ${DOWNLOADS} downloads run. Before, \`/healthz\` took ${median(calm.tookMs).toFixed(1)} ms (median). The flood runs on the same machine.

| measure | figure | goal | met |
| --- | ---: | ---: | --- |
${table.join('\n')}

Load average of one minute before and after: ${loadBefore.toFixed(1)}, ${load().toFixed(1)}.
`;
  console.log(report);
  for (const { status, attempt, error } of ends) {
    if (status !== 'completed')
      console.log(`a download: ${status} ${error?.code}, attempt ${attempt}`);
  }
  const folder = join(repositoryDir, 'bench/results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `overload-${new Date().toISOString().slice(0, 10)}.md`), report);
  await artemis.stop();
  process.exitCode = rows.every(([, , , isMet]) => isMet) ? 0 : 1;
} finally {
  await source.close();
  await close();
}
