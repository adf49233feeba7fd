import { readFileSync } from 'node:fs';

/** Of `engine/media-inputs.json`: names of ffmpeg's demuxers, separated by commas. */
interface Demuxers {
  readonly media: string;
  readonly subtitles: string;
  readonly pictures: string;
  readonly notes: string;
}

const { media, subtitles, pictures, notes } = JSON.parse(
  readFileSync(new URL('../../engine/media-inputs.json', import.meta.url), 'utf8'),
) as Demuxers;

/**
 * What ffmpeg may open when a standalone yt-dlp starts it. Nothing of ours runs inside that program, so these words are
 * wider than those of `engine/media_inputs.py`: it does not tell which address is a manifest, nor which file a list of parts.
 */
export const STREAMED_WORDS = `-protocol_whitelist http,tcp,crypto,data,https,tls,httpproxy -format_whitelist ${media},webvtt,hls,dash`;
export const STORED_WORDS = `-protocol_whitelist file -format_whitelist ${media},${subtitles},${pictures},${notes},concat`;
