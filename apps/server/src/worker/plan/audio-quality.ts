import type { AudioCodec } from './format-names.ts';

/** From the best quality to the smallest; ffmpeg's encoder of Opus knows no other measure than a bitrate. */
const OPUS_KBPS = [256, 224, 192, 160, 144, 128, 112, 96, 80, 64, 48] as const;

/** Whether a conversion to it can be better or worse: what is lossless cannot. */
export function hasQuality(codec: AudioCodec | undefined): boolean {
  return codec === 'mp3' || codec === 'm4a' || codec === 'opus';
}

/** As yt-dlp takes it: 0 to 10, or a bitrate. */
export function audioQualityWord(codec: AudioCodec | undefined, quality: number): string {
  return codec === 'opus' ? `${OPUS_KBPS[quality] ?? OPUS_KBPS[5]}K` : String(quality);
}

/** The same for ffmpeg. */
export function audioQualityWords(codec: AudioCodec, quality: number): string[] {
  switch (codec) {
    case 'opus':
      return ['-b:a', audioQualityWord(codec, quality).toLowerCase()];
    case 'mp3':
      return ['-q:a', String(quality)];
    case 'm4a':
      // From 4, the best that makes a difference, to 0.1.
      return ['-q:a', (4 - quality * 0.39).toFixed(2)];
    case 'flac':
    case 'wav':
      return [];
  }
}
