import { MEDIA_LIST } from '../media/media-list.ts';

interface Words {
  readonly streamed: string;
  readonly stored: string;
}

/**
 * What ffmpeg may open when a standalone yt-dlp starts it. Nothing of ours runs inside that program, so these words are
 * wider than those of `engine/media_inputs.py`: it does not tell which address is a manifest, nor which file a list of parts.
 */
export function inputWordsOfBinary(): Words {
  const { subtitles, pictures, notes } = MEDIA_LIST;
  const media = MEDIA_LIST.media.flatMap(({ demuxers }) => demuxers);
  const streams = [...media, 'webvtt', 'hls', 'dash'].join(',');
  const files = [...media, ...subtitles, ...pictures, ...notes, 'concat'].join(',');
  return {
    streamed: `-protocol_whitelist http,tcp,crypto,data,https,tls,httpproxy -format_whitelist ${streams}`,
    stored: `-protocol_whitelist file -format_whitelist ${files}`,
  };
}
