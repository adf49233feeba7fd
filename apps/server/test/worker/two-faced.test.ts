import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DownloadOptions, FailureCode } from '@artemis/contracts';
import { startCanary, type Canary } from '../origin/canary.ts';
import { startTasks, type TasksUnderTest } from './task-under-test.ts';

/** What ffmpeg reads is not what yt-dlp has read. */
describe('a site that shows ffmpeg other content than yt-dlp', { timeout: 120_000 }, () => {
  let tasks: TasksUnderTest;
  let canary: Canary;

  beforeAll(async () => {
    [tasks, canary] = await Promise.all([startTasks(), startCanary()]);
  }, 60_000);

  afterAll(() => Promise.all([tasks.close(), canary.close()]));

  const clip: DownloadOptions = { section: { start: '0', end: '2' } };
  const sources = [
    { path: '/two-faced/live.m3u8?by=ffmpeg', options: { live: { max_seconds: 3 } } },
    { path: '/two-faced/clip.mp4?', options: clip },
  ];
  /** Why it fails, where ffmpeg alone decides that; the others may be refused by the proxy or the kernel. */
  const kinds: Readonly<Record<string, FailureCode | null>> = {
    'dash-httpproxy': 'INVALID_MEDIA',
    dash: 'INVALID_MEDIA',
    'hls-httpproxy': null,
    hls: null,
    'hls-https': null,
    'hls-tcp': null,
    'hls-udp': null,
    'hls-file': null,
    'hls-key': null,
    sdp: 'INVALID_MEDIA',
    ffconcat: 'INVALID_MEDIA',
    asx: null,
  };
  const cases = sources.flatMap((source) =>
    Object.entries(kinds).map(([then, code]) => ({ ...source, then, code })),
  );

  it.each(cases)(
    'reaches nothing with $then instead of $path',
    async ({ path, options, then, code }) => {
      const to = encodeURIComponent(`http://127.0.0.1:${canary.port}/x.ts`);
      const { outcome } = await tasks.run(`${path}&then=${then}&to=${to}&key=${then}`, {
        options,
      });
      expect(outcome).toMatchObject({ kind: 'failed', ...(code && { code }) });
      expect([canary.connections, canary.datagrams]).toEqual([0, 0]);
    },
  );

  it('is downloaded when it shows the same', async () => {
    for (const { path, options } of sources) {
      const { media } = await tasks.done(`${path}&then=nothing`, { options });
      expect(media?.kind).toBe('media');
    }
  });
});
