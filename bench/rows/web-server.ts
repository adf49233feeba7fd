import { gzipSync } from 'node:zlib';
import { pssMb } from '../lib/processes.ts';
import { quantile } from '../lib/stats.ts';
import { QUEUED, ROUNDS, type WebMeasure, type WebRow } from '../web/measure.ts';
import { visit } from '../web/tab.ts';
import { openQueue } from './web-queue.ts';

const BATCH = 500;
const ASKED = 40;

/** Ten thousand waiting downloads in the built server: its answers, and the page with them. */
export const webServer: WebRow = {
  name: 'server',
  async run(bench) {
    const artemis = await bench.startArtemis({
      MAX_QUEUE_DEPTH: '20000',
      MAX_WORKERS: '1',
      MAX_PER_HOST: '1',
    });
    const { client, baseUrl } = artemis;
    const posts: number[] = [];
    for (let sent = 0; sent < QUEUED; sent += BATCH) {
      const urls = Array.from({ length: BATCH }, () => bench.heldUrl());
      posts.push(await timeOf(() => client.createDownloads({ urls })));
    }
    const list = (query: Parameters<typeof client.listDownloads>[0]) => () =>
      client.listDownloads({ limit: 200, ...query });
    const requests: Readonly<Record<string, () => Promise<unknown>>> = {
      telemetry: () => client.telemetry(),
      'the first page of 200': list({}),
      'a page in the middle, in queue order': list({ sort: 'queue', offset: 5000 }),
      'the last page, by title': list({ sort: 'title', offset: 9800 }),
      'a page by site': list({ sort: 'host', offset: 5000 }),
      'a search': list({ q: '1.mp4' }),
      'a search that finds nothing': list({ q: 'nothing at all' }),
    };
    const measures: WebMeasure[] = [
      {
        budget: '',
        title: `POST of ${BATCH} links, kept on disk`,
        unit: 'ms',
        values: posts,
        limit: null,
      },
      {
        budget: '',
        title: 'Telemetry, gzipped',
        unit: 'B',
        values: [gzipSync(JSON.stringify(await client.telemetry()), { level: 6 }).length],
        limit: 2048,
      },
    ];
    for (const [name, send] of Object.entries(requests)) {
      const took: number[] = [];
      for (let round = 0; round < ASKED; round += 1) took.push(await timeOf(send));
      measures.push({
        budget: '',
        title: `GET of ${name}`,
        unit: 'ms',
        values: took.slice(5),
        limit: null,
        note: `95 of 100 within ${quantile(took.slice(5), 0.95).toFixed(1)} ms`,
      });
    }
    const opens: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const tab = await bench.openTab();
      await visit(tab, baseUrl);
      const ms = await openQueue(tab.page);
      if (round > 0) opens.push(ms);
      const rows = Number(await tab.page.getByRole('grid').getAttribute('aria-rowcount'));
      if (rows - 1 !== QUEUED) throw new Error(`The queue has ${rows - 1} rows.`);
      await tab.close();
    }
    measures.push(
      {
        budget: 'B11',
        title: 'Queue of 10000 at the built server: press to first rows',
        unit: 'ms',
        values: opens,
        limit: 200,
      },
      {
        budget: '',
        title: 'Memory of the server and its hosts (PSS)',
        unit: 'MB',
        values: [pssMb([artemis.pid, ...artemis.engineProcesses()])],
        limit: null,
      },
    );
    await artemis.stop();
    return measures;
  },
};

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
