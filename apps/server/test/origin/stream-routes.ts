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

/** How many segments a stream has given out so far. */
function liveSegmentsPublished(exchange: Exchange): number {
  const { query } = exchange;
  const age = exchange.age(`${exchange.path}?${query.get('key') ?? ''}`);
  const grown = Math.floor(age / numberOf(query, 'segment_ms', liveSegmentSeconds * 1000));
  return 3 + grown;
}

/** A playlist as it is now: the newest segments, one more each `?segment_ms=`, closed once `?count=` are out. */
export function livePlaylist(exchange: Exchange): string {
  const { query } = exchange;
  const count = numberOf(query, 'count', Infinity);
  const published = Math.min(liveSegmentsPublished(exchange), count);
  const length = numberOf(query, 'length', livePlaylistLength);
  const first = query.get('keep') === 'all' ? 0 : Math.max(0, published - length);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    `#EXT-X-TARGETDURATION:${liveSegmentSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${Math.max(0, Math.ceil(first / liveSegmentCount) - 1)}`,
  ];
  // Not only to be copied, for our recorder: ffmpeg does it.
  if (query.get('by') === 'ffmpeg') lines.push('#EXT-X-KEY:METHOD=NONE');
  for (let number = first; number < published; number += 1) {
    // The same few segments come round again, and with them their timestamps.
    if (number > 0 && number % liveSegmentCount === 0) lines.push('#EXT-X-DISCONTINUITY');
    lines.push(
      `#EXTINF:${liveSegmentSeconds}.0,`,
      query.get('segment') ?? `/live/segment/${number}.ts`,
    );
  }
  if (published >= count && !query.has('frozen')) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** While the stream has given out `?hiccup_from=` segments and fewer than `?hiccup_to=`, its list fails. */
function answerHiccup(exchange: Exchange): boolean {
  const { query, response } = exchange;
  const kind = query.get('hiccup');
  const published = liveSegmentsPublished(exchange);
  const isNow =
    published >= numberOf(query, 'hiccup_from', 6) && published < numberOf(query, 'hiccup_to', 12);
  if (kind === null || !isNow) return false;
  if (kind === 'reset') response.socket?.resetAndDestroy();
  else sendText(exchange, 'a moment\n', 'text/plain', Number(kind));
  return true;
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
      'live HLS, one segment more each ?segment_ms= (default 1000), for ever or until ?count= are out, then closed unless ?frozen; counted from the first request per ?key=; ?length= segments in the list (default 5), ?keep=all keeps the old ones; ?segment= in the place of each; ?by=ffmpeg leaves the recording to ffmpeg; ?hiccup=503|404|reset fails while ?hiccup_from= (6) to ?hiccup_to= (12) segments are out',
    answer(exchange) {
      if (!answerHiccup(exchange)) sendText(exchange, livePlaylist(exchange), playlistType);
    },
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
