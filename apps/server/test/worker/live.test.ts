import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../engine/engine-under-test.ts';
import { startCanary, type Canary } from '../origin/canary.ts';
import { progressOf, startTasks, type TasksUnderTest } from './task-under-test.ts';

/** Five times as fast as it is seen, so that waits are short; all stay in the list unless a case says otherwise. */
const FAST = 'segment_ms=200&length=200';
/** One of two seconds. */
const HICCUP = 'hiccup_from=15&hiccup_to=25';
/** Of the recording of ffmpeg, in the middle of it, however slow that is. */
const TORN = 'of=ts&by=ffmpeg&hiccup_after=12';

describe('a live recording', { timeout: 120_000, concurrent: true }, () => {
  let tasks: TasksUnderTest;
  let canary: Canary;

  beforeAll(async () => {
    [tasks, canary] = await Promise.all([startTasks(), startCanary()]);
  }, 60_000);

  afterAll(() => Promise.all([tasks.close(), canary.close()]));

  /** Numbers of the segments of a stream that were sent whole, as often as they were. */
  function segmentsSent(key: string, kind: string): number[] {
    return tasks.origin.requests
      .filter(({ path, query, ended }) => {
        return (
          path.startsWith(`/live/${kind}/`) && query.includes(`key=${key}`) && ended === 'sent'
        );
      })
      .map(({ path }) => Number.parseInt(path.slice(`/live/${kind}/`.length), 10))
      .sort((a, b) => a - b);
  }

  const span = (first: number, end: number) =>
    Array.from({ length: end - first }, (_, index) => first + index);

  it.each([
    ['MPEG-TS', 'stream.m3u8', 'ts', '503', ['ts']],
    ['encrypted segments', 'stream.m3u8', 'aes', '404', ['aes']],
    ['fragmented MP4', 'stream.m3u8', 'fmp4', 'reset', ['fmp4']],
    ['ranges of one file', 'stream.m3u8', 'ranges', '503', []],
    ['picture and sound apart', 'apart.m3u8', 'apart', '404', ['picture', 'sound']],
    ['DASH', 'manifest.mpd', 'dash', 'reset', ['picture', 'sound']],
  ])(
    'continues over a hiccup of its list and has every segment once: %s',
    async (_, list, of, hiccup, kinds) => {
      const { metadata, warnings } = await tasks.done(
        `/live/${list}?key=${of}&of=${of}&${FAST}&count=35&hiccup=${hiccup}&${HICCUP}`,
      );
      expect(warnings).toEqual([]);
      expect(metadata).toMatchObject({ is_live: true, vcodec: 'h264', acodec: 'aac' });
      // Of ranges it is not seen which segment was asked for first.
      expect(metadata.duration).toBeGreaterThan(20);
      for (const kind of kinds) {
        const sent = segmentsSent(of, kind);
        expect(sent).toEqual(span(sent[0] ?? 0, 35));
        expect(metadata.duration).toBeCloseTo(35 - (sent[0] ?? 0), -0.5);
      }
    },
  );

  it('names the segments it lost when its list has moved on', async () => {
    const { outcome } = await tasks.run(
      `/live/stream.m3u8?key=lost&of=ts&segment_ms=200&length=3&count=40&hiccup=503&${HICCUP}`,
    );
    const warnings = outcome.kind === 'done' ? outcome.warnings : [];
    expect(warnings.map(({ code }) => code)).toEqual(['INCOMPLETE']);
    expect(warnings[0]?.detail).toMatch(/Segment \d+(–\d+)?, 0:\d\d/);
    expect(warnings[0]?.message).toContain(warnings[0]?.detail);
  });

  it('by ffmpeg is joined after ffmpeg ended, without duplicates', async () => {
    const { metadata, warnings } = await tasks.done(
      `/live/stream.m3u8?key=by-ffmpeg&${TORN}&hiccup=503&segment_ms=250&length=200&count=32`,
    );
    const sent = segmentsSent('by-ffmpeg', 'ts');
    expect(sent.length).toBeGreaterThan(new Set(sent).size);
    expect([...new Set(sent)]).toEqual(span(sent[0] ?? 0, 32));
    expect(metadata.duration).toBeCloseTo(32 - (sent[0] ?? 0), -0.5);
    expect(warnings).toEqual([]);
  });

  it('by ffmpeg reports when it was interrupted and its list has moved on', async () => {
    const { outcome } = await tasks.run(
      `/live/stream.m3u8?key=torn&${TORN}&hiccup=reset&segment_ms=250&length=5&count=45`,
    );
    const warnings = outcome.kind === 'done' ? outcome.warnings : [];
    expect(warnings).toMatchObject([{ code: 'INCOMPLETE' }]);
    expect(warnings[0]?.detail).toMatch(/\d:\d\d \(≤ \d+ s\)/);
    // Both parts are there, with the breaks in their time.
    const sent = segmentsSent('torn', 'ts');
    const { duration } = outcome.kind === 'done' ? outcome.metadata : {};
    expect(duration).toBeGreaterThan(new Set(sent).size - 4);
  });

  it.each([
    ['cannot be had', '404', /Segment 9, 0:\d\d/],
    ['is torn off by its site', 'reset', /1\.2 s/],
  ])('by ffmpeg reports what it lost when a segment %s', async (_, lost, detail) => {
    const { outcome } = await tasks.run(
      `/live/stream.m3u8?key=lost-${lost}&of=ts&by=ffmpeg&lost=${lost}&segment_ms=200&length=200&count=20`,
    );
    const warnings = outcome.kind === 'done' ? outcome.warnings : [];
    expect(warnings.map(({ code }) => code)).toEqual(['INCOMPLETE']);
    expect(warnings[0]?.detail).toMatch(detail);
  });

  async function hasBytes(events: Parameters<typeof progressOf>[0]): Promise<void> {
    await waitUntil(
      () =>
        progressOf(events).some(
          ({ phase, downloadedBytes }) => phase === 'downloading' && (downloadedBytes ?? 0) > 0,
        ) || null,
      () => 'a recording',
    );
  }

  it.each([
    ['us', 'stream.m3u8?of=usual'],
    ['us, encrypted', 'stream.m3u8?of=aes'],
    ['us, picture and sound apart', 'apart.m3u8?of=apart'],
    ['us, DASH whose segments follow from the time', 'manifest.mpd?by=time'],
    ['ffmpeg', 'stream.m3u8?by=ffmpeg'],
  ])('is finished on request with what it has: recorded by %s', async (by, list) => {
    const key = `finish-${by.replaceAll(/\W/g, '')}`;
    const { outcome, events, finish } = await tasks.start(`/live/${list}&key=${key}&${FAST}`);
    await hasBytes(events);
    // A second segment is asked for once the first one is recorded. Before that a finish may come between picture and sound.
    const apart = list.startsWith('stream') ? [] : ['picture', 'sound'];
    await waitUntil(
      () => apart.every((kind) => segmentsSent(key, kind).length >= 2) || null,
      () => 'both streams',
    );
    finish();
    const ended = await outcome;
    expect(ended).toMatchObject({ kind: 'done', files: [{ suffix: '.mp4' }], warnings: [] });
    expect(ended).toMatchObject({ metadata: { vcodec: 'h264', acodec: 'aac' } });
    // One segment at least.
    expect(ended.kind === 'done' && ended.metadata.duration).toBeGreaterThanOrEqual(1);
  });

  // Neither may be over before the first segments are there, however busy the machine is.
  it.each([
    ['nothing new comes', '&count=8&frozen', { stallTimeoutMs: 6_000 }],
    ['it takes longer than a download may', '', { downloadTimeoutMs: 12_000 }],
  ])('is kept when %s, with a warning where it ends', async (_, query, limits) => {
    const { warnings, metadata } = await tasks.done(
      `/live/stream.m3u8?key=limit-${query}${query}&${FAST}`,
      { limits },
    );
    expect(warnings).toEqual(['INCOMPLETE']);
    expect(metadata.duration).toBeGreaterThan(2);
  });

  it('fetches no segment from a forbidden address', async () => {
    const segment = encodeURIComponent(`http://127.0.0.1:${canary.port}/x.ts`);
    const { outcome } = await tasks.run(`/live/stream.m3u8?key=canary&segment=${segment}`);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'EGRESS_BLOCKED' });
    expect(canary.connections).toBe(0);
  });

  it('ends after max_seconds, hiccup or not', async () => {
    const { metadata } = await tasks.done(
      '/live/stream.m3u8?key=longest&hiccup=503&hiccup_from=4&hiccup_to=6',
      { options: { live: { max_seconds: 4 } } },
    );
    expect(metadata.duration).toBeGreaterThan(1.5);
    expect(metadata.duration).toBeLessThan(5);
  });
});
