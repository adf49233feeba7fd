import type { ProbedFormat } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import { createFormatter } from '../../src/format/format.ts';
import { pictureText, sizeText } from '../../src/format/probe-words.ts';

const format = createFormatter('en', false);
const video: ProbedFormat = {
  format_id: '137',
  ext: 'mp4',
  width: 1920,
  height: 1080,
  fps: 30,
  vcodec: 'avc1.640028',
  acodec: null,
  filesize: 90_000_000,
  is_filesize_exact: true,
  bitrate: null,
  language: null,
  note: null,
};
const audio: ProbedFormat = {
  ...video,
  format_id: '140',
  width: null,
  height: null,
  vcodec: null,
  acodec: 'mp4a.40.2',
  filesize: 10_000_000,
};

describe('the text of a planned download', () => {
  it('has the total size of its formats, and says when that is a guess', () => {
    expect(sizeText([video, audio], format)).toBe('100\u00a0MB');
    expect(sizeText([video, { ...audio, is_filesize_exact: false }], format)).toBe('~100\u00a0MB');
    expect(sizeText([video, { ...audio, filesize: null }], format)).toBeNull();
    expect(sizeText([], format)).toBeNull();
  });

  it('has its codecs under familiar names', () => {
    expect(pictureText([video, audio])).toBe('1080p · h264 + aac');
    expect(pictureText([{ ...video, height: null, vcodec: null }])).toBe('');
  });
});
