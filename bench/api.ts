/** `pnpm bench api`: what the server answers a second, and how long the slow ones wait. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryDir } from './lib/artemis.ts';
import { openBench } from './lib/bench.ts';
import { head, load, versions } from './lib/report.ts';
import { median, quantile } from './lib/stats.ts';

const ROUNDS = 7;
const ROUND_MS = 1000;
const CLIENTS = 8;
/** A page of records. They never start, because the site of the origin is at its limit. */
const RECORDS = 200;

const { bench, close } = await openBench();
process.once('SIGINT', () => void close().then(() => process.exit(130)));
try {
  const artemis = await bench.startArtemis({ MAX_WORKERS: '1', MAX_PER_HOST: '1' });
  const { client } = artemis;
  const blocked = bench.origin.fresh('100000000.mp4', 'trickle');
  const { id } = await artemis.submit(blocked.url);
  await bench.origin.requests(blocked.run, 2);
  const urls = Array.from({ length: RECORDS - 1 }, () => bench.origin.fresh('1.mp4').url);
  await client.createDownloads({ urls: urls.slice(0, 100) });
  await client.createDownloads({ urls: urls.slice(100) });
  const { rev } = await client.listDownloads();

  const requests: Readonly<Record<string, () => Promise<unknown>>> = {
    'GET one record': () => client.getDownload(id),
    'GET a page of 50': () => client.listDownloads({ limit: 50 }),
    'GET a page of 200': () => client.listDownloads({ limit: 200 }),
    'GET changes, none': () => client.listChanges(rev),
    'GET telemetry': () => client.telemetry(),
    'POST a duplicate': () => client.createDownloads({ url: urls[0] ?? '' }),
    'PATCH a record (durable)': () => client.updateDownload(id, { notes: String(Math.random()) }),
  };
  const before = load();
  const lines: string[] = [];
  for (const [name, send] of Object.entries(requests)) {
    const perSecond: number[] = [];
    const slow: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const took: number[] = [];
      const endMs = performance.now() + ROUND_MS;
      const one = async () => {
        while (performance.now() < endMs) {
          const atMs = performance.now();
          await send();
          took.push(performance.now() - atMs);
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, one));
      // The first round warms both sides up.
      if (round === 0) continue;
      perSecond.push((took.length * 1000) / ROUND_MS);
      slow.push(quantile(took, 0.99));
    }
    const extremes = `${Math.min(...perSecond).toFixed(0)}–${Math.max(...perSecond).toFixed(0)}`;
    lines.push(
      `| ${name} | ${median(perSecond).toFixed(0)} | ${extremes} | ${median(slow).toFixed(1)} ms |`,
    );
    console.log(lines.at(-1));
  }
  await client.cancelDownload(id);
  await artemis.stop();
  const report = `${head('API', versions(bench.tools))}

${CLIENTS} clients in one process of the same machine, keep-alive, ${RECORDS} records, ${ROUNDS} rounds of a second each.

| request | answers a second | extremes | 99 of 100 within |
| --- | ---: | ---: | ---: |
${lines.join('\n')}

Load average of one minute before and after: ${before.toFixed(1)}, ${load().toFixed(1)}.
`;
  const folder = join(repositoryDir, 'bench/results');
  await mkdir(folder, { recursive: true });
  const name = `api-${new Date().toISOString().slice(0, 10)}.md`;
  await writeFile(join(folder, name), report);
} finally {
  await close();
}
