import { describe, expect, it } from 'vitest';
import type { DownloadOptions } from '@artemis/contracts';
import type { EngineExit } from '../../../src/worker/engine/engine-control.ts';
import { failedPart, missedParts } from '../../../src/worker/outcome/optional-parts.ts';
import { isAtOptionalPart } from '../../../src/worker/plan/optional-steps.ts';
import { planOf } from '../../../src/worker/plan/plan.ts';

const exit: EngineExit = {
  status: 1,
  signal: null,
  cpuSeconds: 1,
  peakMemoryBytes: 1,
  isHostLost: false,
};

function blamed(
  openStep: string | null,
  error: string,
  ended: Partial<EngineExit> = {},
  options: DownloadOptions = { container: 'mkv' },
) {
  const plan = planOf({ format_preset: 'Smart (best combined)', quality: 'best', options });
  const lines = error === '' ? [] : [`ERROR: ${error}`];
  return failedPart({ lines, openStep, end: null, exit: { ...exit, ...ended } }, plan, new Set());
}

describe('the optional part that failed', () => {
  it.each([
    ['Postprocessing: Conversion failed!'],
    ['[Errno 27] File too large'],
    ['There was not enough memory for what the site sent'],
    ['Postprocessing: The file is no media: it is a playlist'],
    [''],
  ])('is the one whose step is open, whatever its reason: %j', (error) => {
    expect(blamed('EmbedThumbnail', error)).toBe('embed_thumbnail');
    expect(blamed('Metadata', error)).toBe('metadata');
    expect(blamed('ModifyChapters', error)).toBe('sponsorblock');
  });

  it('is none when the disk is full', () => {
    expect(blamed('EmbedSubtitle', 'Postprocessing: No space left on device')).toBeNull();
    expect(blamed('Metadata', '[Errno 28] No space left on device')).toBeNull();
  });

  it('is none when the process was killed from outside', () => {
    expect(blamed('Metadata', '', { status: null, signal: 9 })).toBeNull();
    expect(blamed('Metadata', '', { status: null, isHostLost: true })).toBeNull();
  });

  it('is the container when streams do not fit into it, but not when they are not media', () => {
    expect(blamed('Merger', 'Postprocessing: Conversion failed!')).toBe('container');
    expect(blamed('Merger', 'Postprocessing: The file is no media: it is a playlist')).toBeNull();
    expect(blamed('Merger', '[Errno 27] File too large')).toBeNull();
    expect(blamed('ExtractAudio', 'Postprocessing: Conversion failed!')).toBeNull();
  });
});

const THUMBNAIL = '[info] Writing video thumbnail 0 to: media.jpg';
const SUBTITLE = '[info] Writing video subtitles to: media.en.vtt';

describe('a stalled run', () => {
  it.each<[boolean, string | null, string[]]>([
    [true, 'EmbedThumbnail', []],
    [false, 'Merger', [THUMBNAIL]],
    [false, 'constructor', []],
    [true, null, ['[info] Downloading video thumbnail 0 ...']],
    [true, null, [THUMBNAIL]],
    [true, null, [SUBTITLE]],
    [true, null, [SUBTITLE, '[download] Destination: media.en.vtt']],
    [false, null, [SUBTITLE, '[download] Destination: media.mp4']],
    [false, null, [THUMBNAIL, '[info] Writing video metadata as JSON to: media.info.json']],
    [false, null, ['[generic] x: Downloading webpage']],
  ])('continues without its current optional part: %s, %j %j', (answer, step, lines) => {
    expect(isAtOptionalPart(lines, step)).toBe(answer);
  });
});

describe('a standalone yt-dlp', () => {
  const plan = planOf({
    format_preset: 'Smart (best combined)',
    quality: 'best',
    options: { write_thumbnail: true, subtitles: { languages: ['en', 'de'] } },
  });
  const blamedIn = (...lines: string[]) =>
    failedPart({ lines, openStep: null, end: null, exit }, plan, new Set());

  it('does not fail a download for an optional part that is too large', () => {
    const tooLarge = 'ERROR: unable to write data: [Errno 27] File too large';
    expect(blamedIn(THUMBNAIL, tooLarge)).toBe('thumbnail');
    expect(blamedIn(SUBTITLE, '[download] Destination: media.en.vtt', 'ERROR: ')).toBe(
      'subtitle:en',
    );
    expect(blamedIn(THUMBNAIL, '[download] Destination: media.mp4', tooLarge)).toBeNull();
    expect(blamedIn(THUMBNAIL, 'ERROR: unable to download video data: timed out')).toBeNull();
  });
});

it('a refused address before the media is known belongs to subtitles', () => {
  const run = { lines: [], openStep: null, end: 'part-failed' as const, exit };
  const options = { subtitles: { languages: ['en'] } };
  const plan = planOf({ format_preset: 'Smart (best combined)', quality: 'best', options });
  expect(failedPart(run, plan, new Set())).toBe('subtitles');
});

it('a download without its SponsorBlock segments has a warning', () => {
  const line = 'WARNING: [SponsorBlock] Going on without SponsorBlock: HTTP Error 500';
  expect(missedParts([line])).toEqual(['SPONSORBLOCK_MISSING']);
});
