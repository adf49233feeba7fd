import type { AudioCodec } from './format-names.ts';

/** By quality, 0 (best) to 10: ffmpeg's Opus encoder takes a bitrate and no quality. */
const OPUS_KBPS = [256, 224, 192, 160, 144, 128, 112, 96, 80, 64, 48] as const;

/** The value of yt-dlp's `--audio-quality`: 0 to 10, or a bitrate. */
export function audioQualityWord(codec: AudioCodec | undefined, quality: number): string {
  return codec === 'opus' ? `${OPUS_KBPS[quality] ?? OPUS_KBPS[5]}K` : String(quality);
}

/** The same quality as arguments of ffmpeg. */
export function audioQualityWords(codec: AudioCodec, quality: number): string[] {
  switch (codec) {
    case 'opus':
      return ['-b:a', audioQualityWord(codec, quality).toLowerCase()];
    case 'mp3':
      return ['-q:a', String(quality)];
    case 'm4a':
      // ffmpeg's AAC scale runs the other way: 4 is the best value that makes a difference, 0.1 the worst.
      return ['-q:a', (4 - quality * 0.39).toFixed(2)];
    case 'flac':
    case 'wav':
      return [];
  }
}
