/** `pnpm bench waiting [downloads]`: what requests, memory and a start cost while many downloads wait, beside none. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryDir, startArtemis } from './lib/artemis.ts';
import { openBench } from './lib/bench.ts';
import { head, load, versions } from './lib/report.ts';
import { median } from './lib/stats.ts';

const count = Number(process.argv[2] ?? 40_000);
const BATCH = 500;
const SINGLE_POSTS = 100;
const CLIENTS = 50;
const BURST_MS = 5000;
/** Until the history file is as new as the records. */
const QUIET_MS = 8000;

const { bench, close } = await openBench();
try {
  const folder = await bench.folder('waiting');
  const environment = {
    MAX_QUEUE_DEPTH: '100000',
    // No disk has that much: all of them wait.
    MIN_FREE_SPACE: '9000000000000000',
  };
  const start = () => startArtemis({ folder, egressAllow: '127.0.0.1:1', environment });
  const loadBefore = load();
  let artemis = await start();
  let links = 0;
  const link = () => `https://site-${links % 50}.example/watch?v=${(links += 1)}`;

  async function medianMs(times: number, work: () => Promise<unknown>): Promise<number> {
    const tookMs: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const atMs = performance.now();
      await work();
      tookMs.push(performance.now() - atMs);
    }
    return median(tookMs);
  }

  const post = () => artemis.client.createDownloads({ url: link() });
  const postMs = () => medianMs(SINGLE_POSTS, post);
  const mostMib = async () => {
    const text = await readFile(`/proc/${artemis.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1]) / 1024;
  };

  await postMs();
  const noneMs = await postMs();
  for (let sent = 0; sent < count; sent += BATCH) {
    await artemis.client.createDownloads({ urls: Array.from({ length: BATCH }, link) });
  }
  await sleep(QUIET_MS);
  const manyMs = await postMs();
  const peakMib = await mostMib();
  let posted = 0;
  const untilMs = performance.now() + BURST_MS;
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (performance.now() < untilMs) {
        await post();
        posted += 1;
      }
    }),
  );
  const { rev } = await artemis.client.listDownloads({ limit: 1 });
  const newest = await medianMs(15, () => artemis.client.listDownloads({ limit: 50 }));
  const byTitle = await medianMs(15, () => artemis.client.listDownloads({ sort: 'title' }));
  const search = await medianMs(15, () => artemis.client.listDownloads({ q: 'v=39999' }));
  const since = `${artemis.baseUrl}/api/v1/downloads?since=${rev}`;
  const changes = await medianMs(50, async () => (await fetch(since)).json());
  await artemis.end();
  artemis = await start();
  const { startMs } = artemis;
  const { total } = await artemis.client.listDownloads({ limit: 1 });
  await artemis.stop();

  const perSecond = posted / (BURST_MS / 1000);
  const rows: readonly (readonly [string, string, string, boolean])[] = [
    [
      'a single POST, beside one with none waiting',
      `${manyMs.toFixed(1)} ms, ${(manyMs / noneMs).toFixed(2)}`,
      '≤ 3',
      manyMs / noneMs <= 3,
    ],
    [
      `durable POSTs a second of ${CLIENTS} clients on the same processors`,
      perSecond.toFixed(0),
      '≥ 2500',
      perSecond >= 2500,
    ],
    ['most memory of the server', `${peakMib.toFixed(0)} MiB`, '≤ 350 MiB', peakMib <= 350],
    ['start', `${startMs.toFixed(0)} ms`, '≤ 3000 ms', startMs <= 3000],
    ['records after it', `${total} of ${links}`, 'all', total === links],
    ['the newest 50', `${newest.toFixed(1)} ms`, '', true],
    ['50 by title', `${byTitle.toFixed(1)} ms`, '', true],
    ['a search', `${search.toFixed(1)} ms`, '', true],
    ['what changed', `${changes.toFixed(1)} ms`, '', true],
  ];
  const table = rows.map(
    (row) => `| ${row[0]} | ${row[1]} | ${row[2]} | ${row[3] ? 'yes' : 'no'} |`,
  );
  const report = `${head('Waiting downloads', versions(bench.tools))}

${count} downloads wait, and up to ${links - count} more by the end.

| measure | figure | goal | met |
| --- | ---: | ---: | --- |
${table.join('\n')}

Load average of one minute before and after: ${loadBefore.toFixed(1)}, ${load().toFixed(1)}.
`;
  console.log(report);
  const results = join(repositoryDir, 'bench/results');
  await mkdir(results, { recursive: true });
  await writeFile(join(results, `waiting-${new Date().toISOString().slice(0, 10)}.md`), report);
} finally {
  await close();
}
