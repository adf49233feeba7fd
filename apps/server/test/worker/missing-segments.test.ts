import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSegmentGate, type SegmentFault, type SegmentGate } from '../engine/segment-gate.ts';
import { startTasks, type TaskRequest, type TasksUnderTest } from './task-under-test.ts';

const HLS = '/media/many/ts/index.m3u8';
const DASH = '/media/many/dash/manifest.mpd';
const CLIP: TaskRequest = { options: { section: { start: 10, end: 30 } } };

let tasks: TasksUnderTest;
let gate: SegmentGate;

beforeAll(async () => {
  tasks = await startTasks();
}, 60_000);

beforeEach(() => {
  gate = createSegmentGate(tasks.origin);
});

afterAll(() => tasks.close());

const answers =
  (status: number, times = Infinity): SegmentFault =>
  ({ response }, count) => {
    if (count > times) return false;
    response.writeHead(status, { 'Content-Length': 0 }).end();
    return true;
  };

const sends =
  (body: string, type = 'video/mp2t'): SegmentFault =>
  ({ response }) => {
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length }).end(body);
    return true;
  };

const page = sends('<!doctype html><title>Gone</title><p>There is nothing here.', 'text/html');

describe('a lost segment', { timeout: 120_000 }, () => {
  it.each([
    ['is not there', answers(404)],
    ['is a page', page],
    ['is empty', sends('')],
  ])('ends the download with its number and time when it %s', async (_, fault) => {
    gate.faults.set('ts/segment-12.ts', fault);
    gate.faults.set('ts/segment-40.ts', fault);
    const { outcome } = await tasks.run(HLS);
    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'FRAGMENTS_MISSING',
      detail: '2 of 60 segments are missing: 13 (at 0:12), 41 (at 0:40).',
    });
  });

  it('is reported for DASH as well, where the first segment describes all others', async () => {
    gate.faults.set('dash/init-stream0.m4s', answers(404));
    gate.faults.set('dash/chunk-stream1-00003.m4s', answers(404));
    const { outcome } = await tasks.run(DASH);
    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'FRAGMENTS_MISSING',
      detail: expect.stringMatching(
        /^The initialisation section at 0:00 is missing, .* (\d+) of \1 segments are missing: 1 \(at 0:00\), .* 1 of \d+ segments is missing: 3 \(at 0:0\d\)\.$/,
      ) as string,
    });
  });

  it('is all that a later attempt fetches when it is back', async () => {
    const expected = await tasks.done(HLS);
    gate = createSegmentGate(tasks.origin);
    gate.faults.set('ts/segment-30.ts', answers(404));
    const { outcome, workFolder } = await tasks.run(HLS);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'FRAGMENTS_MISSING' });
    gate.faults.clear();
    gate.sent.clear();
    const again = await tasks.done(HLS, { workFolder });
    expect([...gate.sent.keys()]).toEqual(['/media/many/ts/segment-30.ts']);
    expect(again.media?.sizeBytes).toBe(expected.media?.sizeBytes);
    expect(again.metadata.duration).toBe(expected.metadata.duration);
  });

  it.each([
    ['whole', {}],
    ['a clip', CLIP],
  ])('that comes back within the attempt leaves no gap: %s', async (_, request) => {
    gate.faults.set('ts/segment-15.ts', answers(404, 2));
    const { metadata, warnings } = await tasks.done(HLS, request);
    expect(metadata.duration).toBeGreaterThan(request === CLIP ? 19 : 59);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['is not there', answers(404)],
    ['is a page', page],
    ['is empty', sends('')],
  ])('ends a clip in the same way, at this attempt and the next, when it %s', async (_, fault) => {
    gate.faults.set('ts/segment-15.ts', fault);
    gate.faults.set('ts/segment-40.ts', answers(404));
    const { outcome, workFolder } = await tasks.run(HLS, CLIP);
    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'FRAGMENTS_MISSING',
      detail: '1 of 20 segments is missing: 16 (at 0:15).',
    });
    expect((await readdir(workFolder)).filter((name) => /\.mp4$/.test(name))).toEqual([]);
    const again = await tasks.run(HLS, { ...CLIP, workFolder });
    expect(again.outcome).toEqual({ ...outcome, usage: again.outcome.usage });
  });

  it('does not make thousands of others be waited for', async () => {
    for (let number = 0; number < 60; number += 1) {
      gate.faults.set(`ts/segment-${String(number).padStart(2, '0')}.ts`, answers(404));
    }
    const { outcome } = await tasks.run(HLS);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'FRAGMENTS_MISSING' });
    expect(outcome.kind === 'failed' ? outcome.detail : '').toMatch(/^More than 20 of 60 segments/);
  });

  it.each([
    ['whole', {}, 58],
    ['a clip', CLIP, 18],
  ])('is only a warning when the site declares it: %s', async (_, request, seconds) => {
    gate.faults.set('ts/segment-12.ts', answers(404));
    gate.edits.set(HLS, (text) => text.replace('#EXTINF:1.000000,\nsegment-12', '#EXT-X-GAP\n$&'));
    const { warnings, metadata } = await tasks.done(HLS, request);
    expect(warnings).toContain('GAPS_DECLARED');
    expect(metadata.duration).toBeGreaterThan(seconds);
  });

  it.each([
    ['HLS', HLS, 20],
    ['HLS with an initialisation', '/media/many/fmp4/index.m3u8', 21],
    ['DASH with picture and sound apart', DASH, 42],
  ])(
    'of a clip counts only inside the clip, and no other is fetched: %s',
    async (_, path, most) => {
      const { metadata, warnings } = await tasks.done(path, CLIP);
      expect(metadata.duration).toBeGreaterThan(19);
      expect(metadata.duration).toBeLessThan(22);
      expect(warnings).toEqual([]);
      expect(gate.sent.size).toBeGreaterThan(most - 3);
      expect(gate.sent.size).toBeLessThanOrEqual(most + 4);
    },
  );
});
