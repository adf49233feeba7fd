import { expect, it } from 'vitest';
import { MEDIA_LIST } from '../../../src/worker/media/media-list.ts';
import { mediaTypeOf } from '../../../src/worker/media/media-types.ts';
import { fittingExtension } from '../../../src/worker/media/named-by-content.ts';
import type { MeasuredMedia } from '../../../src/worker/media/ffprobe.ts';

function mediaOf(formatName: string, type: 'audio' | 'video'): MeasuredMedia {
  const size = { width: null, height: null, fps: null, endSeconds: null };
  return {
    ...{ formatName, durationSeconds: 1, startSeconds: 0, packetEnds: new Map(), holes: null },
    streams: [{ index: 0, type, codec: 'x', ...size }],
  };
}

it('every kind of media that ffmpeg may read gets an extension with a served type', () => {
  const formats = MEDIA_LIST.media.flatMap(({ demuxers }) => demuxers);
  expect(formats).toEqual(expect.arrayContaining(['mov', 'aiff', 'ac3', 'wv', 'caf', 'au', 'nut']));
  for (const format of formats) {
    for (const type of ['audio', 'video'] as const) {
      const extension = fittingExtension(mediaOf(format, type), null, 'media.unknown_video');
      expect(mediaTypeOf(`media.${extension}`)?.kind, format).toBe('media');
    }
  }
});

it('keeps a fitting extension, and gives none to other content', () => {
  expect(fittingExtension(mediaOf('mov,mp4', 'video'), null, 'media.m4v')).toBe('m4v');
  expect(fittingExtension(mediaOf('mov,mp4', 'video'), null, 'media.webm')).toBe('mp4');
  expect(fittingExtension(mediaOf('webvtt', 'video'), null, 'media.mp4')).toBeNull();
});
