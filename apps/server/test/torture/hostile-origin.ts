import type { Download } from '@artemis/contracts';
import { createServerHome, eventually, type ServerProcess } from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, type Scenario } from './scenario.ts';
import { ended } from './whole-files.ts';

const MIB = 1024 ** 2;
const MOST_GROWTH_BYTES = 120 * MIB;

/** What a path may end as; `completed` only where a whole file can be had. */
const CASES: readonly (readonly [path: string, ...ends: string[]])[] = [
  ['/fault/stalled.mp4?after=1000', 'STALLED', 'NETWORK'],
  ['/fault/stalled.mp4', 'STALLED', 'NETWORK'],
  ['/fault/trickle.mp4?kib_per_s=1', 'TIMED_OUT', 'STALLED'],
  ['/fault/endless.mp4', 'TOO_LARGE', 'TIMED_OUT'],
  ['/fault/endless.mp4?kib_per_s=100', 'TIMED_OUT', 'TOO_LARGE'],
  ['/page/endless.html', 'INVALID_MEDIA', 'TIMED_OUT', 'STALLED'],
  ['/page/endless.html?kib_per_s=0', 'INVALID_MEDIA'],
  ['/page/gzip-bomb.html', 'INVALID_MEDIA', 'TIMED_OUT'],
  ['/page/deep.html', 'INVALID_MEDIA'],
  ['/itself/list.m3u8', 'INVALID_MEDIA'],
  ['/itself/stream.m3u8', 'INVALID_MEDIA'],
  ['/fault/short-without-length.mp4', 'TRUNCATED', 'INVALID_MEDIA'],
  ['/fault/short-with-length.mp4?cut=0&cut_times=900', 'NETWORK', 'TRUNCATED', 'STALLED'],
  ['/fault/empty.mp4', 'TRUNCATED', 'INVALID_MEDIA', 'UNKNOWN', 'NETWORK'],
  ['/fault/text.mp4', 'INVALID_MEDIA', 'UNSUPPORTED_SITE', 'UNSAFE_TYPE'],
  ['/fault/html.mp4', 'INVALID_MEDIA', 'UNSUPPORTED_SITE'],
  ['/fault/playlist.mp4', 'INVALID_MEDIA', 'MEDIA_UNAVAILABLE', 'NETWORK'],
  ['/fault/reset.mp4', 'NETWORK'],
  ['/fault/half-headers.mp4', 'NETWORK', 'TRUNCATED'],
  ['/redirect/loop', 'NETWORK'],
  ['/redirect?to=file:///etc/passwd', 'NETWORK', 'EGRESS_BLOCKED'],
  ['/redirect?to=http://127.0.0.1:9/x.mp4', 'EGRESS_BLOCKED'],
  ['/redirect?to=http://169.254.169.254/latest', 'EGRESS_BLOCKED'],
  ['/fault/changing.mp4?cut=200000', 'completed', 'NETWORK'],
  ['/fault/range-ignored.mp4?cut=200000&cut_times=2', 'completed'],
  ['/fault/range-wrong.mp4?cut=200000&cut_times=2', 'completed', 'NETWORK', 'TRUNCATED'],
  ['/fault/range-416.mp4?cut=200000&cut_times=2', 'completed', 'NETWORK', 'TRUNCATED'],
  ['/fault/no-length.mp4', 'completed'],
  ['/media/clip-360.mp4', 'completed'],
];

export const hostileOrigin: Scenario = {
  name: 'hostile-origin',
  about: 'slow, endless, truncating, changing, redirecting, lying; throttling by every Retry-After',
  seconds: 90,
  async run(context) {
    const origin = await startOrigin();
    const home = await createServerHome();
    const ends = createVerdict('each ends as it must, none is taken for whole');
    const waits = createVerdict('a site is left alone for as long as it says, within an hour');
    const memory = createVerdict(`the server grows by at most ${MOST_GROWTH_BYTES / MIB} MiB`);
    try {
      const server = await home.start({
        EGRESS_ALLOW: origin.hostPort,
        MAX_WORKERS: '8',
        MAX_PER_HOST: '8',
        MAX_ATTEMPTS: '1',
        MAX_FILE_SIZE: String(20 * MIB),
        STALL_TIMEOUT: '6',
        DOWNLOAD_TIMEOUT: '25',
      });
      const before = (await server.client.telemetry()).process.rss_bytes;
      const submit = async (path: string) => {
        const key = Math.floor(context.random() * 1e9);
        const joined = `${origin.url}${path}${path.includes('?') ? '&' : '?'}key=${key}`;
        const url = path.includes('to=') ? origin.url + path : joined;
        const { downloads } = await server.client.createDownloads({ url });
        return downloads[0]?.id ?? '';
      };
      const asked: { readonly id: string; readonly path: string; readonly may: string[] }[] = [];
      for (const [path, ...may] of CASES) asked.push({ id: await submit(path), path, may });
      for (const { id, path, may } of asked) {
        const record = await ended(server, id);
        const end = record?.error?.code ?? record?.status ?? 'lost';
        ends.check(may.includes(end), `${path}: ${end}`);
        context.say(`${path}: ${end}`);
      }
      const growth = (await server.client.telemetry()).process.rss_bytes - before;
      memory.check(growth < MOST_GROWTH_BYTES, `${Math.round(growth / MIB)} MiB`);
      context.say(`the server grew by ${Math.round(growth / MIB)} MiB`);
      await server.stop();

      const patient = await home.start({ EGRESS_ALLOW: origin.hostPort, MAX_ATTEMPTS: '3' });
      const cases = [
        ['429', 'retry_after=2', 2],
        ['503', 'retry_after=date&in_s=4', 4],
        ['429', 'retry_after=0', 1],
        // The last one: it closes the site for an hour.
        ['429', 'retry_after=absurd', 3600],
      ] as const;
      for (const [status, query, seconds] of cases) {
        const path = `/fault/status/${status}/clip.mp4?${query}&fail=1&key=${context.random()}`;
        const { downloads } = await patient.client.createDownloads({ url: origin.url + path });
        const id = downloads[0]?.id ?? '';
        const record = await untilWaiting(patient, id);
        const saidMs = Date.parse(record.retry_at ?? '') - Date.parse(record.updated_at);
        const isRight = saidMs > (seconds - 2.5) * 1000 && saidMs < (seconds + 1.5) * 1000;
        waits.check(isRight, `${query}: ${saidMs} ms`);
        const { hosts } = await patient.client.telemetry();
        waits.check(
          typeof hosts[0]?.retry_at === 'string',
          `${query}: the site is not parked in telemetry`,
        );
        if (seconds < 60) waits.check((await ended(patient, id))?.status === 'completed', path);
      }
      return [ends.read(), waits.read(), memory.read()];
    } finally {
      await home.remove();
      await origin.close();
    }
  },
};

function untilWaiting(server: ServerProcess, id: string): Promise<Download> {
  return eventually(async () => {
    const { download } = await server.client.getDownload(id);
    return download.retry_at !== null || download.status === 'failed' ? download : null;
  });
}
