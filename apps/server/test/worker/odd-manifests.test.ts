import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSegmentGate, type SegmentGate } from '../engine/segment-gate.ts';
import { startTasks, type TasksUnderTest } from './task-under-test.ts';

let tasks: TasksUnderTest;
let gate: SegmentGate;

beforeAll(async () => {
  tasks = await startTasks();
}, 60_000);

beforeEach(() => {
  gate = createSegmentGate(tasks.origin);
});

afterAll(() => tasks.close());

it('a separate audio stream is fetched also without named codecs', async () => {
  const master = '/media/hls/master.m3u8';
  gate.edits.set(master, (text) => text.replace(/,CODECS="[^"]*"/g, ''));
  const { metadata, warnings } = await tasks.done(master);
  expect(metadata).toMatchObject({ vcodec: 'h264', acodec: 'aac' });
  expect(warnings).toEqual([]);
}, 60_000);

it.each([
  ['', ''],
  [' sourceURL="../kinds/fragments.mp4"', ' media="../kinds/fragments.mp4"'],
])(
  'DASH segments that are ranges of one file give that file: %s',
  async (first, media) => {
    const manifest = '/media/dash/manifest.mpd';
    const base = media === '' ? '<BaseURL>../kinds/fragments.mp4</BaseURL>' : '';
    gate.edits.set(
      manifest,
      () => `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT8S" minBufferTime="PT2S">
<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="300000" codecs="avc1.42c01e,mp4a.40.2">
${base}<SegmentList timescale="1" duration="4"><Initialization${first} range="0-999"/>
<SegmentURL${media} mediaRange="1000-20000"/><SegmentURL${media} mediaRange="20001-40000"/></SegmentList>
</Representation></AdaptationSet></Period></MPD>`,
    );
    const { metadata, warnings } = await tasks.done(manifest);
    expect(metadata).toMatchObject({ vcodec: 'h264', acodec: 'aac' });
    expect(metadata.duration).toBeCloseTo(8, 0);
    expect(warnings).toEqual([]);
  },
  60_000,
);

it.each([
  ['its file cannot be decoded', '/media/hls/v360.m3u8', {}],
  ['its clip cannot be decoded', '/media/hls/v360.m3u8', { section: { start: 1, end: 5 } }],
  ['ffmpeg finds no form in it', '/media/many/ts/index.m3u8', {}],
])(
  'a stream whose samples were not decrypted fails with DRM_PROTECTED: %s',
  async (_, path, options) => {
    const key = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="/many-aes/key.bin"';
    gate.edits.set(path, (text) => text.replace('#EXTINF', `${key}\n#EXTINF`));
    const first = await tasks.run(path, { options });
    expect(first.outcome).toMatchObject({ kind: 'failed', code: 'DRM_PROTECTED' });
    const { outcome } = await tasks.run(path, { options, workFolder: first.workFolder });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'DRM_PROTECTED' });
  },
  60_000,
);

describe('a stream with several initialisation sections', { timeout: 60_000 }, () => {
  it.each([
    ['in the same way', '/media/hls-init/same.m3u8', 8],
    ['as another form in its middle', '/media/hls-init/other.m3u8', 10],
  ])('is joined from its sections: %s', async (_, path, seconds) => {
    const { media, metadata, warnings, events } = await tasks.done(path);
    expect(media?.suffix).toBe('.mp4');
    expect(metadata).toMatchObject({ height: 360, vcodec: 'h264', acodec: 'aac' });
    expect(metadata.duration).toBeCloseTo(seconds, 0);
    expect(warnings).toEqual([]);
    const texts = events.map((event) => (event.kind === 'log' ? event.text : ''));
    expect(texts.filter((text) => text.includes('ffmpeg downloads it instead'))).toHaveLength(1);
  });

  it('gives a clip that spans its sections', async () => {
    const { metadata, warnings } = await tasks.done('/media/hls-init/other.m3u8', {
      options: { section: { start: 3, end: 9 } },
    });
    expect(warnings.filter((warning) => warning !== 'OPTION_IGNORED')).toEqual([]);
    expect(metadata.duration).toBeGreaterThan(5.8);
    expect(metadata.duration).toBeLessThan(8);
  });

  it('loses what a missing section describes, and keeps the rest', async () => {
    const path = '/media/hls-init/other.m3u8';
    gate.edits.set(path, (text) => text.replace('init-720.mp4', 'gone.mp4'));
    const { outcome, workFolder } = await tasks.run(path);
    expect(outcome).toMatchObject({
      code: 'FRAGMENTS_MISSING',
      detail: expect.stringMatching(/^The initialisation section at 0:0\d is missing/) as string,
      figures: expect.stringMatching(/: Init \(0:0\d\), Segment \d/) as string,
    });
    const { metadata, warnings } = await tasks.done(path, { workFolder, isKeptIncomplete: true });
    expect(warnings).toEqual(['INCOMPLETE']);
    expect(metadata.duration).toBeCloseTo(8, 0);
  });

  it('names missing segments by their place in the whole stream', async () => {
    const path = '/media/hls-init/other.m3u8';
    gate.edits.set(path, (text) => text.replace('360-03.m4s', 'gone-03.m4s'));
    const { outcome, workFolder } = await tasks.run(path);
    expect(outcome).toMatchObject({
      code: 'FRAGMENTS_MISSING',
      figures: expect.stringContaining('(0:08)') as string,
    });
    const { metadata, warnings } = await tasks.done(path, { workFolder, isKeptIncomplete: true });
    expect(warnings).toEqual(['INCOMPLETE']);
    expect(metadata.duration).toBeCloseTo(8, 0);
  });

  it('fails with INVALID_MEDIA when the joined file cannot be played', async () => {
    const path = '/media/hls-init/other.m3u8';
    gate.edits.set(path, (text) => text.replace('init-720.mp4', 'init-360.mp4?other'));
    const { outcome } = await tasks.run(path);
    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'INVALID_MEDIA',
      detail: expect.stringContaining('changes its format in the middle') as string,
    });
  });
});
