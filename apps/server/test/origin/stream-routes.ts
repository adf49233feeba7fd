import { readMedia, sendText, type Route } from './exchange.ts';
import { encryptionIv } from './media-recipes.ts';

export const playlistType = 'application/vnd.apple.mpegurl';

/** Playlists whose one part, named by `?part=`, lies at `?to=`. */
const pointingPlaylists: Readonly<Record<string, (to: string) => string>> = {
  segment: (to) => mediaPlaylist('', ['/media/hls/v360-00.ts', to]),
  key: (to) =>
    mediaPlaylist(`#EXT-X-KEY:METHOD=AES-128,URI="${to}",IV=${encryptionIv}\n`, [
      '/media/hls-aes/segment-00.ts',
      '/media/hls-aes/segment-01.ts',
    ]),
  map: (to) =>
    mediaPlaylist(`#EXT-X-MAP:URI="${to}"\n`, [
      '/media/dash/chunk-stream0-00001.m4s',
      '/media/dash/chunk-stream0-00002.m4s',
    ]),
  variant: (to) => `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=640x360\n${to}\n`,
  audio: (to) =>
    masterPlaylist(`TYPE=AUDIO,GROUP-ID="g",NAME="en",LANGUAGE="en",URI="${to}"`, 'AUDIO'),
  subtitles: (to) =>
    masterPlaylist(`TYPE=SUBTITLES,GROUP-ID="g",NAME="en",LANGUAGE="en",URI="${to}"`, 'SUBTITLES'),
};

function mediaPlaylist(head: string, segments: readonly string[]): string {
  return `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:VOD
${head}${segments.map((segment) => `#EXTINF:2.0,\n${segment}\n`).join('')}#EXT-X-ENDLIST
`;
}

function masterPlaylist(media: string, group: string): string {
  return `#EXTM3U
#EXT-X-MEDIA:${media},DEFAULT=YES
#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=640x360,CODECS="avc1.42c01e,mp4a.40.2",${group}="g"
/media/hls/v360.m3u8
`;
}

export const streamRoutes: readonly Route[] = [
  {
    path: '/hls/pointing.m3u8',
    about: `HLS with one part at ?to=, which is its ?part= ${Object.keys(pointingPlaylists).join(' ')} (default segment)`,
    answer(exchange) {
      const playlist = pointingPlaylists[exchange.query.get('part') ?? 'segment'];
      const to = exchange.query.get('to') ?? '/media/hls/v360-01.ts';
      if (playlist === undefined) sendText(exchange, 'no such part\n', 'text/plain', 404);
      else sendText(exchange, playlist(to), playlistType);
    },
  },
  {
    path: '/dash/pointing.mpd',
    about: 'DASH whose BaseURL is ?to= (default /media/dash/)',
    async answer(exchange) {
      const manifest = (await readMedia(exchange, 'dash/manifest.mpd')).toString();
      const to = new URL(exchange.query.get('to') ?? '/media/dash/', exchange.origin).href;
      const text = manifest.replace(
        '<Period',
        `<BaseURL>${to.replaceAll('&', '&amp;')}</BaseURL><Period`,
      );
      sendText(exchange, text, 'application/dash+xml');
    },
  },
];
