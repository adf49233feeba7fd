import { describe, expect, it } from 'vitest';
import { createFfmpegListener, isSourceLost } from '../../../src/worker/output/ffmpeg-account.ts';

function accountOf(lines: readonly string[]) {
  const listener = createFfmpegListener();
  for (const line of lines) listener.take(line);
  return listener.account();
}

const input = "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'http://site/clip.mp4':";

describe('what ffmpeg reports about its inputs', () => {
  it('is the duration of each, unless it is a guess', () => {
    const { inputs } = accountOf([
      ...[input, '  Duration: 00:01:00.50, start: 0.000000, bitrate: 248 kb/s'],
      '[mp3 @ 0x5654] Estimating duration from bitrate, this may be inaccurate',
      "Input #1, mp3, from 'http://site/a.mp3':",
      '  Duration: 00:03:58.98, start: 0.000000, bitrate: 32 kb/s',
      "Input #2, hls, from 'http://site/a.m3u8':",
      '  Duration: N/A, start: 0.000000, bitrate: N/A',
    ]);
    expect(inputs).toEqual([
      { seconds: 60.5, isIndexed: true },
      { seconds: null, isIndexed: false },
      { seconds: null, isIndexed: false },
    ]);
  });

  it('excludes files fetched before', () => {
    const duration = '  Duration: 00:00:06.00, start: 0.000000, bitrate: 248 kb/s';
    const { inputs } = accountOf(["Input #0, mpegts, from 'file:media.mp4.part':", duration]);
    expect(inputs).toEqual([]);
  });

  it.each([
    'http://site/clip.mp4?a=b: Input/output error',
    'https://site/clip.mp4: Connection reset by peer',
    '[in#0/mpegts @ 0x55] Error during demuxing: Input/output error',
    '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55fd7a371900] stream 1, offset 0xe3b6e: partial file',
  ])('shows that one was lost: %s', (line) => {
    expect(isSourceLost(accountOf([input, line]), false)).toBe(true);
  });

  it.each([
    'http://site/clip.mp4: corrupt input packet in stream 0',
    '[in#0/mpegts @ 0x55] Error during demuxing: End of file',
    'frame=  634 fps=0.0 q=-1.0 Lsize=     770kB time=00:00:24.32 bitrate= 259.4kbits/s',
  ])('is not a loss: %s', (line) => {
    expect(isSourceLost(accountOf([input, line]), true)).toBe(false);
  });

  it('is a hole when the answer for a segment was short, but not for a file that can be requested again', () => {
    const account = accountOf(['[http @ 0x55] Stream ends prematurely at 93, should be 186']);
    expect([isSourceLost(account, true), isSourceLost(account, false)]).toEqual([true, false]);
  });
});
