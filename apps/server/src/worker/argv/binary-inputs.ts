import { MEDIA_LIST } from '../media/media-list.ts';

interface Words {
  readonly streamed: string;
  readonly stored: string;
}

/**
 * Arguments for what ffmpeg may open when a standalone yt-dlp starts it. They allow more than `engine/media_inputs.py`: a
 * standalone yt-dlp does not tell which address is a manifest, nor which file is a list of parts.
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
