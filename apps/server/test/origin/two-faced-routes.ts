import {
  bufferBody,
  readMedia,
  sendEntity,
  sendText,
  type Exchange,
  type Route,
} from './exchange.ts';
import { livePlaylist } from './live-routes.ts';
import { playlistType } from './stream-routes.ts';

/** What a site may put before ffmpeg, which reads again what yt-dlp has read. `to`: an address of its choice. */
const forFfmpeg: Readonly<Record<string, (to: URL, exchange: Exchange) => string>> = {
  'dash-httpproxy': (to) =>
    dashAt(`httpproxy://${to.host}/x HTTP/1.1&#13;&#10;X-Chosen: by-the-site&#13;&#10;&#13;&#10;`),
  dash: (to) => dashAt(to.href),
  'hls-httpproxy': (to) => hlsOf(`httpproxy://${to.host}/x`),
  hls: (to) => hlsOf(to.href),
  'hls-https': (to) => hlsOf(`https://${to.host}/x.ts`),
  'hls-tcp': (to) => hlsOf(`tcp://${to.host}`),
  'hls-udp': (to) => hlsOf(`udp://${to.host}`),
  'hls-file': (_, { query }) => hlsOf(`file://${query.get('file') ?? '/etc/hostname'}`),
  'hls-key': (to) => hlsOf('/media/hls/v360-00.ts', `#EXT-X-KEY:METHOD=AES-128,URI="${to.href}"\n`),
  'hls-itself': ({ href }, { origin, path, query }) => hlsOf(`${origin}${path}?${query}#${href}`),
  sdp: ({ port }) =>
    `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 0.0.0.0\nt=0 0\nm=audio ${port} RTP/AVP 0\n`,
  ffconcat: (to) => `ffconcat version 1.0\nfile ${to.href}\n`,
  asx: (to) => `<asx version="3.0"><entry><ref href="${to.href}"/></entry></asx>`,
};

function hlsOf(segment: string, head = ''): string {
  return `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n${head}#EXTINF:2,\n${segment}\n#EXT-X-ENDLIST\n`;
}

function dashAt(baseUrl: string): string {
  return `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT10S" minBufferTime="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000" codecs="avc1.42c01e"><BaseURL>${baseUrl}</BaseURL><SegmentList duration="2"><SegmentURL media="1"/></SegmentList></Representation></AdaptationSet></Period></MPD>`;
}

/** ffmpeg tells itself by this header, whatever its user agent says. */
function isFfmpeg({ request }: Exchange): boolean {
  return request.headers['icy-metadata'] !== undefined;
}

function answerFfmpeg(exchange: Exchange): boolean {
  const then = forFfmpeg[exchange.query.get('then') ?? 'dash-httpproxy'];
  if (!isFfmpeg(exchange) || then === undefined) return false;
  const to = new URL(exchange.query.get('to') ?? exchange.origin);
  sendText(exchange, then(to, exchange), 'application/octet-stream');
  return true;
}

const about = `for ffmpeg ?then= of ${Object.keys(forFfmpeg).join(' ')}, with the address ?to=`;

export const twoFacedRoutes: readonly Route[] = [
  {
    path: '/two-faced/live.m3u8',
    about: `a live list for yt-dlp; ${about}`,
    async answer(exchange) {
      if (!answerFfmpeg(exchange)) sendText(exchange, await livePlaylist(exchange), playlistType);
    },
  },
  {
    path: '/two-faced/clip.mp4',
    about: `a file for yt-dlp; ${about}`,
    async answer(exchange) {
      if (answerFfmpeg(exchange)) return;
      const body = bufferBody(await readMedia(exchange, 'clip-360.mp4'));
      await sendEntity(exchange, { body, type: 'video/mp4', etag: '"clip"' });
    },
  },
];
