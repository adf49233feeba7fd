import { describe, expect, it } from 'vitest';
import { createLiveLosses } from '../../../src/worker/output/live-losses.ts';

const opens = (number: number) => `[http @ 0x5f] Opening 'http://site/${number}.ts' for reading`;
const fails = (number: number) => `[hls @ 0x5e] Failed to open segment ${number} of playlist 0`;

describe('losses in what ffmpeg prints about a live stream', () => {
  it.each<[string, readonly string[], readonly (readonly [number | null, number])[]]>([
    ['has a segment that could not be had', [opens(7), fails(7), opens(8)], [[7, 1]]],
    [
      'has one once that was tried several times',
      [opens(7), fails(7), opens(7), fails(7)],
      [[7, 1]],
    ],
    ['has none that came when it was tried again', [opens(7), fails(7), opens(7), opens(8)], []],
    [
      'has those that the list had dropped, behind its own progress',
      [
        'frame=   30 fps=0.0 q=-1.0 speed=7.62x    [hls @ 0x5e] skipping 4 segments ahead, expired from playlists',
      ],
      [[null, 4]],
    ],
    ['has none in other words', ["[hls @ 0x5e] Skip ('#EXT-X-VERSION:7')"], []],
  ])('%s', (_, lines, expected) => {
    const losses = createLiveLosses();
    for (const line of lines) losses.take(line, 5);
    expect(losses.gaps().map(({ firstSegment, segments }) => [firstSegment, segments])).toEqual(
      expected,
    );
  });
});
