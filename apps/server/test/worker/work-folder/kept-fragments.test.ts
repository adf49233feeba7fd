import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readMedia } from '../../origin/exchange.ts';
import {
  AES_PATH,
  createSegmentGate,
  type SegmentFault,
  type SegmentGate,
} from '../../engine/segment-gate.ts';
import { startTasks, type TaskRequest, type TasksUnderTest } from '../task-under-test.ts';

const HLS = '/media/many/ts/index.m3u8';
const FMP4 = '/media/many/fmp4/index.m3u8';
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

const gone: SegmentFault = ({ response }) => {
  response.writeHead(404, { 'Content-Length': 0 }).end();
  return true;
};

/** Only the first part of the segment, and a length that says so. */
const cut: SegmentFault = (exchange) => {
  void readMedia(exchange, exchange.path.slice('/media/'.length)).then((whole) => {
    const part = whole.subarray(0, Math.floor(whole.length * 0.6) + 1);
    exchange.response.writeHead(200, { 'Content-Length': part.length }).end(part);
  });
  return true;
};

describe('media with lost segments', { timeout: 120_000 }, () => {
  it.each([
    ['HLS', HLS, {}, ['ts/segment-12.ts', 'ts/segment-13.ts'], 60],
    [
      'HLS that is encrypted',
      AES_PATH,
      {},
      ['many-aes/segment-12.ts', 'many-aes/segment-13.ts'],
      60,
    ],
    ['HLS with an initialisation', FMP4, {}, ['fmp4/segment-11.m4s', 'fmp4/segment-12.m4s'], 60],
    ['DASH', DASH, {}, ['stream0-00012.m4s', 'stream1-00040.m4s'], 60],
    ['a clip', HLS, CLIP, ['ts/segment-12.ts', 'ts/segment-13.ts'], 20],
    ['a clip that begins with one of them', DASH, CLIP, ['stream0-00011.m4s'], 19],
  ])(
    'becomes a file with a warning about what is missing: %s',
    async (_, path, request, lost, seconds) => {
      for (const name of lost) gate.faults.set(name, gone);
      const failed = await tasks.run(path, request);
      const figures = failed.outcome.kind === 'failed' ? failed.outcome.figures : '';
      expect(failed.outcome).toMatchObject({ kind: 'failed', code: 'FRAGMENTS_MISSING' });
      expect(figures).toMatch(/^[12] \/ \d\d: Segment \d+(–\d+)? \(0:1\d\)/);
      gate.sent.clear();
      const kept = await tasks.done(path, {
        ...request,
        workFolder: failed.workFolder,
        isKeptIncomplete: true,
      });
      const warnings = kept.outcome.kind === 'done' ? kept.outcome.warnings : [];
      expect(warnings).toMatchObject([{ code: 'INCOMPLETE', detail: figures }]);
      // All the others lay there.
      expect([...gate.sent.keys()]).toEqual([]);
      expect(kept.metadata.duration).toBeGreaterThan(seconds - 1);
      expect(kept.metadata.duration).toBeLessThan(seconds + 1);
    },
  );

  it('begins with the first present segment, in step with the audio', async () => {
    gate.faults.set('stream0-00001.m4s', gone);
    const { workFolder } = await tasks.run(DASH);
    const { media } = await tasks.done(DASH, { workFolder, isKeptIncomplete: true });
    const { stdout } = await promisify(execFile)('ffprobe', [
      ...['-v', 'error', '-show_entries', 'stream=codec_type,start_time', '-of', 'csv=p=0'],
      `file:${media?.path ?? ''}`,
    ]);
    const begins = new Map(
      stdout.split('\n').map((line) => line.split(',', 2) as [string, string]),
    );
    expect(Number(begins.get('video')) - Number(begins.get('audio'))).toBeCloseTo(1, 1);
  });

  it.each([
    ['HLS', HLS, 'segment-12.ts'],
    ['HLS with an initialisation', FMP4, 'segment-12.m4s'],
  ])(
    'is reported when the list lacks segments, except at a discontinuity: %s',
    async (_, path, name) => {
      const entry = new RegExp(`#EXTINF:[^\\n]+\\n${name}\\n`);
      gate.edits.set(path, (text) => text.replace(entry, ''));
      const { outcome } = await tasks.done(path);
      expect(outcome.kind === 'done' ? outcome.warnings : []).toMatchObject([
        { code: 'INCOMPLETE', detail: expect.stringMatching(/^1\.\d s$/) as string },
      ]);
      gate.edits.set(path, (text) => text.replace(entry, '#EXT-X-DISCONTINUITY\n'));
      expect((await tasks.done(path)).warnings).toEqual([]);
    },
  );

  it.each([HLS, DASH])('is not searched beyond its end: %s', async (path) => {
    const { outcome } = await tasks.run(path, { options: { section: { start: 100, end: 120 } } });
    expect(outcome).toMatchObject({
      code: 'FORMAT_UNAVAILABLE',
      figures: expect.stringMatching(/^1:40–2:00 \/ \d:\d\d$/) as string,
    });
  });

  it('is not continued by an attempt that wants all segments', async () => {
    gate.faults.set('ts/segment-12.ts', gone);
    const { workFolder } = await tasks.run(HLS);
    await tasks.done(HLS, { workFolder, isKeptIncomplete: true });
    gate.faults.clear();
    const { warnings, metadata } = await tasks.done(HLS, { workFolder });
    expect(warnings).toEqual([]);
    expect(metadata.duration).toBeGreaterThan(59);
    expect(gate.sent.get('/media/many/ts/segment-12.ts')).toBe(1);
  });

  it('stays unchanged when no file can be made', async () => {
    gate.faults.set('dash/init-stream0.m4s', gone);
    const { outcome, workFolder } = await tasks.run(DASH);
    const again = await tasks.run(DASH, { workFolder, isKeptIncomplete: true });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'FRAGMENTS_MISSING' });
    expect(again.outcome).toMatchObject({
      code: 'FRAGMENTS_MISSING',
      figures: outcome.kind === 'failed' ? outcome.figures : null,
    });
  });

  it.each([
    ['HLS', HLS, 'ts/segment-12.ts'],
    ['HLS with an initialisation', FMP4, 'fmp4/segment-12.m4s'],
    ['DASH', DASH, 'stream0-00012.m4s'],
  ])('is reported when a segment is shorter than its length says: %s', async (_, path, name) => {
    gate.faults.set(name, cut);
    const { outcome } = await tasks.run(path);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'FRAGMENTS_MISSING' });
  });
});
