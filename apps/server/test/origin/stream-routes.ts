import {
  bufferBody,
  numberOf,
  readMedia,
  sendEntity,
  sendText,
  type Exchange,
  type Route,
} from './exchange.ts';
import { encryptionIv, liveSegmentCount, liveSegmentSeconds } from './media-recipes.ts';

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

const livePlaylistLength = 5;

/** A playlist as it is now: the newest segments, one more each `?segment_ms=`, closed once `?count=` are out. */
export function livePlaylist(exchange: Exchange): string {
  const { query } = exchange;
  const age = exchange.age(`${exchange.path}?${query.get('key') ?? ''}`);
  const grown = Math.floor(age / numberOf(query, 'segment_ms', liveSegmentSeconds * 1000));
  const count = numberOf(query, 'count', Infinity);
  const published = Math.min(3 + grown, count);
  const first = query.get('keep') === 'all' ? 0 : Math.max(0, published - livePlaylistLength);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    `#EXT-X-TARGETDURATION:${liveSegmentSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${Math.max(0, Math.ceil(first / liveSegmentCount) - 1)}`,
  ];
  for (let number = first; number < published; number += 1) {
    // The same few segments come round again, and with them their timestamps.
    if (number > 0 && number % liveSegmentCount === 0) lines.push('#EXT-X-DISCONTINUITY');
    lines.push(`#EXTINF:${liveSegmentSeconds}.0,`, `/live/segment/${number}.ts`);
  }
  if (published >= count) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
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
  {
    path: '/live/stream.m3u8',
    about:
      'live HLS, one segment more each ?segment_ms= (default 1000), for ever or until ?count= are out; counted from the first request per ?key=; ?keep=all keeps the old ones in the list',
    answer: (exchange) => sendText(exchange, livePlaylist(exchange), playlistType),
  },
  {
    path: '/live/segment/*',
    about: 'the segments of the live stream, eight that come round again',
    async answer(exchange) {
      const number = Number.parseInt(exchange.path.slice('/live/segment/'.length), 10);
      const name = `live/segment-${String(number % liveSegmentCount).padStart(2, '0')}.ts`;
      const body = bufferBody(await readMedia(exchange, name));
      await sendEntity(exchange, { body, type: 'video/mp2t', etag: `"live-${number}"` });
    },
  },
];
