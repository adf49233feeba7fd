import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../engine/engine-under-test.ts';
import { startCanary, type Canary } from '../origin/canary.ts';
import { progressOf, startTasks, type TasksUnderTest } from './task-under-test.ts';

describe('a live recording', { timeout: 120_000 }, () => {
  let tasks: TasksUnderTest;

  let canary: Canary;

  beforeAll(async () => {
    [tasks, canary] = await Promise.all([startTasks(), startCanary()]);
  }, 60_000);

  afterAll(() => Promise.all([tasks.close(), canary.close()]));

  /** Numbers of the segments that were sent whole, without those that were asked for twice. */
  function segmentsSent(): number[] {
    const sent = tasks.origin.requests
      .filter(({ path, ended }) => path.startsWith('/live/segment/') && ended === 'sent')
      .map(({ path }) => Number.parseInt(path.slice('/live/segment/'.length), 10));
    return [...new Set(sent)].sort((a, b) => a - b);
  }

  const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

  it.each(['503', '404', 'reset'])(
    'goes on over six seconds of %s on its list and has every segment',
    async (kind) => {
      tasks.origin.requests.length = 0;
      const stream = `/live/stream.m3u8?key=hiccup-${kind}&count=18&length=10`;
      const { metadata, warnings } = await tasks.done(
        `${stream}&hiccup=${kind}&hiccup_from=7&hiccup_to=13`,
      );
      expect(segmentsSent()).toEqual(upTo(18));
      expect(metadata).toMatchObject({ is_live: true, vcodec: 'h264', acodec: 'aac' });
      expect(metadata.duration).toBeGreaterThan(17);
      expect(metadata.duration).toBeLessThan(19);
      expect(warnings).toEqual([]);
    },
  );

  it('says which segments it has lost when its list has gone on without them', async () => {
    const { outcome } = await tasks.run(
      '/live/stream.m3u8?key=lost&count=16&length=3&hiccup=503&hiccup_from=6&hiccup_to=12',
    );
    const warnings = outcome.kind === 'done' ? outcome.warnings : [];
    expect(warnings.map(({ code }) => code)).toEqual(['INCOMPLETE']);
    expect(warnings[0]?.detail).toMatch(/^Segment \d+(–\d+)?, 0:0\d$/);
    expect(warnings[0]?.message).toContain(warnings[0]?.detail);
  });

  it('ends when its list says that the stream has ended', async () => {
    tasks.origin.requests.length = 0;
    const { metadata, warnings } = await tasks.done('/live/stream.m3u8?key=short&count=6');
    expect(segmentsSent()).toEqual(upTo(6));
    expect(metadata.duration).toBeCloseTo(6, 0);
    expect(warnings).toEqual([]);
  });

  it('says that it was interrupted when ffmpeg does it and has ended it', async () => {
    const { outcome } = await tasks.run(
      '/live/stream.m3u8?key=by-ffmpeg&by=ffmpeg&count=16&hiccup=503&hiccup_from=6&hiccup_to=12',
    );
    const warnings = outcome.kind === 'done' ? outcome.warnings : [];
    expect(warnings).toMatchObject([{ code: 'INCOMPLETE' }]);
    expect(warnings[0]?.detail).toMatch(/^\d:\d\d – …$/);
  });

  it.each(['us', 'ffmpeg'])(
    'is finished when it is asked for, with what it has: recorded by %s',
    async (by) => {
      const { outcome, events, finish } = await tasks.start(
        `/live/stream.m3u8?key=finish-${by}&by=${by}`,
      );
      await waitUntil(
        () =>
          progressOf(events).some(({ phase, downloadedBytes }) => {
            return phase === 'downloading' && (downloadedBytes ?? 0) > 0;
          }) || null,
        () => 'a recording',
      );
      finish();
      const ended = await outcome;
      expect(ended).toMatchObject({ kind: 'done', files: [{ suffix: '.mp4' }] });
      expect(ended.kind === 'done' && ended.metadata.duration).toBeGreaterThan(1);
      expect(ended.kind === 'done' && ended.warnings).toEqual([]);
    },
  );

  it.each([
    ['nothing new comes', '&count=5&frozen', { stallTimeoutMs: 3_000 }],
    ['it takes longer than a download may', '', { downloadTimeoutMs: 5_000 }],
  ])('is kept when %s, and says where it ends', async (_, query, limits) => {
    const { warnings, metadata } = await tasks.done(
      `/live/stream.m3u8?key=limit-${query}${query}`,
      { limits },
    );
    expect(warnings).toEqual(['INCOMPLETE']);
    expect(metadata.duration).toBeGreaterThan(2);
  });

  it('fetches no segment from where no download may go', async () => {
    const segment = encodeURIComponent(`http://127.0.0.1:${canary.port}/x.ts`);
    const { outcome } = await tasks.run(`/live/stream.m3u8?key=canary&segment=${segment}`);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'EGRESS_BLOCKED' });
    expect(canary.connections).toBe(0);
  });

  it('ends after its longest time, hiccup or not', async () => {
    const { metadata } = await tasks.done(
      '/live/stream.m3u8?key=longest&hiccup=503&hiccup_from=4&hiccup_to=6',
      { options: { live: { max_seconds: 5 } } },
    );
    expect(metadata.duration).toBeGreaterThan(2.5);
    expect(metadata.duration).toBeLessThan(6);
  });
});
