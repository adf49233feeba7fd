import { describe, expect, it } from 'vitest';
import type { DownloadOptions, FormatPreset } from '@artemis/contracts';
import type { FormatInfo, VideoInfo } from '../../../src/worker/output/output-lines.ts';
import { planOf } from '../../../src/worker/plan/plan.ts';
import { isPlainFile, neededSpace } from '../../../src/worker/plan/space.ts';

const format = (sizeBytes: number | null, protocol = 'https'): FormatInfo => ({
  formatId: 'f',
  sizeBytes,
  isSizeExact: true,
  bitrate: null,
  hasVideo: true,
  protocol,
});
const video = (formats: readonly FormatInfo[], isLive = false): VideoInfo => ({
  fields: {},
  formats,
  durationSeconds: 10,
  isLive,
  sponsorSeconds: 0,
});
const plan = (
  options: DownloadOptions = {},
  format_preset: FormatPreset = 'Smart (best combined)',
) => planOf({ format_preset, quality: 'best', options });

describe('the disk space that a download needs', () => {
  it('is its size, and twice that when streams are joined or the file is written anew', () => {
    expect(neededSpace(plan(), video([format(100)]), null)).toBe(100);
    expect(neededSpace(plan(), video([format(100), format(20)]), null)).toBe(240);
    expect(neededSpace(plan({ embed_metadata: true }), video([format(100)]), null)).toBe(200);
    expect(neededSpace(plan({}, 'Audio only'), video([format(100)]), null)).toBe(200);
  });

  it('is what the transfer reports when the page did not', () => {
    expect(neededSpace(plan(), video([format(null)]), 70)).toBe(70);
    expect(isPlainFile(video([format(null)]))).toBe(true);
    // The length of the first part says nothing of the whole.
    expect(isPlainFile(video([format(null), format(null)]))).toBe(false);
    expect(isPlainFile(video([format(null, 'm3u8_native')]))).toBe(false);
  });

  it('is unknown for media without a size', () => {
    expect(neededSpace(plan(), video([format(100), format(null)]), null)).toBeNull();
    expect(neededSpace(plan(), video([format(100)], true), null)).toBeNull();
    expect(neededSpace(plan({ simulate: true }), video([format(100)]), null)).toBeNull();
    const section = { start: 1, end: 2 };
    expect(neededSpace(plan({ section }), video([format(100)]), null)).toBeNull();
  });
});
