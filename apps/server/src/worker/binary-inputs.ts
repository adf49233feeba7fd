import { readFileSync } from 'node:fs';

/** Of `engine/media-inputs.json`: names of ffmpeg's demuxers, separated by commas. */
interface Demuxers {
  readonly media: string;
  readonly subtitles: string;
  readonly pictures: string;
  readonly notes: string;
}

interface Words {
  readonly streamed: string;
  readonly stored: string;
}

let words: Words | null = null;

/**
 * What ffmpeg may open when a standalone yt-dlp starts it. Nothing of ours runs inside that program, so these words are
 * wider than those of `engine/media_inputs.py`: it does not tell which address is a manifest, nor which file a list of parts.
 */
export function inputWordsOfBinary(): Words {
  words ??= readWords();
  return words;
}

function readWords(): Words {
  const path = new URL('../../engine/media-inputs.json', import.meta.url);
  const { media, subtitles, pictures, notes } = JSON.parse(readFileSync(path, 'utf8')) as Demuxers;
  const streams = `${media},webvtt,hls,dash`;
  const files = `${media},${subtitles},${pictures},${notes},concat`;
  return {
    streamed: `-protocol_whitelist http,tcp,crypto,data,https,tls,httpproxy -format_whitelist ${streams}`,
    stored: `-protocol_whitelist file -format_whitelist ${files}`,
  };
}
