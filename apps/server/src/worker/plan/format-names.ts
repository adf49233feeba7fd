import type { AUDIO_CODECS, VIDEO_CODECS } from '@artemis/contracts';

export type AudioCodec = (typeof AUDIO_CODECS)[number];
export type VideoCodec = (typeof VIDEO_CODECS)[number];

/** Names in yt-dlp's format sorting; null: any source is as good, because WAV holds decoded audio. */
export const SORT_AUDIO_CODECS: Readonly<Record<AudioCodec, string | null>> = {
  mp3: 'mp3',
  m4a: 'aac',
  opus: 'opus',
  flac: 'flac',
  wav: null,
};

export const SORT_VIDEO_CODECS: Readonly<Record<VideoCodec, string>> = {
  h264: 'h264',
  h265: 'h265',
  vp9: 'vp9',
  av1: 'av01',
};

/** Names that ffprobe reports. */
export const PROBE_AUDIO_CODECS: Readonly<Record<AudioCodec, RegExp>> = {
  mp3: /^mp3/,
  m4a: /^(aac|alac)$/,
  opus: /^opus$/,
  flac: /^flac$/,
  wav: /^pcm_/,
};

export const PROBE_VIDEO_CODECS: Readonly<Record<VideoCodec, string>> = {
  h264: 'h264',
  h265: 'hevc',
  vp9: 'vp9',
  av1: 'av1',
};
