import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import { inspect } from './inspect.ts';
import {
  createServerHome,
  eventually,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

let origin: Awaited<ReturnType<typeof startOrigin>>;
let home: ServerHome;

beforeEach(async () => {
  origin = await startOrigin();
  home = await createServerHome();
});

afterEach(async () => {
  await home.remove();
  await origin.close();
});

const environment = () => ({ EGRESS_ALLOW: origin.hostPort });

/** Numbers of the segments that were sent whole, in the order of their requests. */
function segmentsSent(): number[] {
  return origin.requests
    .filter(({ path, ended }) => path.startsWith('/live/segment/') && ended === 'sent')
    .map(({ path }) => Number.parseInt(path.slice('/live/segment/'.length), 10));
}

async function hasRecorded(server: ServerProcess, id: string, segments: number) {
  await eventually(async () => {
    const { download } = await server.client.getDownload(id);
    return download.phase === 'downloading' && segmentsSent().length >= segments;
  });
}

it('a recording killed while it is finished continues in one piece and can be finished again', async () => {
  const first = await home.start(environment());
  const url = `${origin.url}/live/stream.m3u8?key=killed&length=120`;
  const { downloads } = await first.client.createDownloads({ url });
  const id = downloads[0]?.id ?? '';
  await hasRecorded(first, id, 5);
  const asked = first.client.finishDownload(id).catch(() => null);
  await first.stop('SIGKILL');
  await asked;
  const before = segmentsSent().length;

  const second = await home.start(environment());
  await hasRecorded(second, id, before + 3);
  await second.client.finishDownload(id);
  const record = await second.client.waitFor(id, { intervalMs: 100 });
  expect(record).toMatchObject({ status: 'completed', attempt: 1, warnings: [] });

  const numbers = [...new Set(segmentsSent())];
  const { seconds, video, audio } = await inspect(join(home.downloadsDir, `${id}.mp4`));
  expect([video, audio]).toEqual(['h264', 'aac']);
  // The last one may have been on its way when the recording was ended.
  expect(Math.abs(seconds - numbers.length)).toBeLessThanOrEqual(1.5);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
}, 90_000);
