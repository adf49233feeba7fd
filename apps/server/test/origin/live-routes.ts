import { createCipheriv } from 'node:crypto';
import {
  bufferBody,
  numberOf,
  readMedia,
  sendEntity,
  sendText,
  type Exchange,
  type Route,
} from './exchange.ts';
import { liveSegmentCount, liveSegmentSeconds, manySegments } from './media-recipes.ts';
import { playlistType } from './stream-routes.ts';

const playlistLength = 5;
const LOST_NUMBER = 9;
const key = Buffer.from('sixteen-byte-key');

/** What a stream is made of; its segments come round again, and with them their timestamps. */
interface Kind {
  readonly count: number;
  readonly head?: string;
  /** Of segment `number`, counted from 0 without end. `ranges`: where each lies when all are one file. */
  readonly lines: (number: number, ranges: readonly string[]) => readonly string[];
}

const two = (number: number) => String(number).padStart(2, '0');
const numbered = (name: string, extension: string) => (number: number) => [
  `/live/${name}/${number}.${extension}`,
];

const kinds: Readonly<Record<string, Kind>> = {
  usual: { count: liveSegmentCount, lines: numbered('segment', 'ts') },
  ts: { count: manySegments, lines: numbered('ts', 'ts') },
  aes: {
    count: manySegments,
    head: '#EXT-X-KEY:METHOD=AES-128,URI="/live/key.bin"',
    lines: numbered('aes', 'ts'),
  },
  fmp4: {
    count: manySegments,
    head: '#EXT-X-MAP:URI="/media/many/fmp4/init.mp4"',
    lines: numbered('fmp4', 'm4s'),
  },
  ranges: {
    count: manySegments,
    lines: (number, all) => [
      `#EXT-X-BYTERANGE:${all[number % manySegments]}`,
      '/live/ranges/all.ts',
    ],
  },
  picture: {
    count: manySegments,
    head: '#EXT-X-MAP:URI="/media/many/dash/init-stream0.m4s"',
    lines: numbered('picture', 'm4s'),
  },
  sound: {
    count: manySegments,
    head: '#EXT-X-MAP:URI="/media/many/dash/init-stream1.m4s"',
    lines: numbered('sound', 'm4s'),
  },
};

/** Where the segments lie that are no file of their own. */
const files: Readonly<Record<string, (number: number) => string>> = {
  segment: (number) => `live/segment-${two(number % liveSegmentCount)}.ts`,
  ts: (number) => `many/ts/segment-${two(number % manySegments)}.ts`,
  aes: (number) => `many/ts/segment-${two(number % manySegments)}.ts`,
  fmp4: (number) => `many/fmp4/segment-${two(number % manySegments)}.m4s`,
  picture: (number) => dashChunk(0, number),
  sound: (number) => dashChunk(1, number),
};

function dashChunk(stream: number, number: number): string {
  return `many/dash/chunk-stream${stream}-${String((number % manySegments) + 1).padStart(5, '0')}.m4s`;
}

async function rangesOf(exchange: Exchange): Promise<string[]> {
  const text = (await readMedia(exchange, 'many/ranges/index.m3u8')).toString();
  return [...text.matchAll(/#EXT-X-BYTERANGE:(\S+)/g)].map(([, range]) => range ?? '');
}

/**
 * How many segments a stream has given out so far; the same for all lists of one `?key=`. It waits for its first
 * listener, so that a slow start of a recorder changes nothing.
 */
export function published({ path, query, age, isCounted }: Exchange): number {
  const key = query.get('key') ?? '';
  const isHeard = query.has('segment') || isCounted(`listener of ${key}`);
  const passed = isHeard ? age(`${path}?${key}`) : 0;
  return 3 + Math.floor(passed / numberOf(query, 'segment_ms', liveSegmentSeconds * 1000));
}

/** A playlist as it is now: the newest segments, one more each `?segment_ms=`, closed once `?count=` are out. */
export async function livePlaylist(exchange: Exchange): Promise<string> {
  const { query } = exchange;
  const ranges = await rangesOf(exchange);
  const { count: inRound, head, lines: linesOf } = kinds[query.get('of') ?? 'usual'] ?? noKind();
  const count = numberOf(query, 'count', Infinity);
  const out = Math.min(published(exchange), count);
  const length = numberOf(query, 'length', playlistLength);
  const first = query.get('keep') === 'all' ? 0 : Math.max(0, out - length);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${liveSegmentSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${Math.max(0, Math.ceil(first / inRound) - 1)}`,
  ];
  // A list of which our recorder knows that it does not know all: ffmpeg records it.
  if (query.get('by') === 'ffmpeg') lines.push('#EXT-X-DEFINE:NAME="who",VALUE="ffmpeg"');
  if (head !== undefined) lines.push(head);
  const lost = query.has('lost') ? `&lost=${query.get('lost')}` : '';
  // So that a test knows whose a segment was.
  const named = (line: string) =>
    line.startsWith('/') ? `${line}?key=${query.get('key') ?? ''}${lost}` : line;
  for (let number = first; number < out; number += 1) {
    if (number > 0 && number % inRound === 0) lines.push('#EXT-X-DISCONTINUITY');
    const segment = query.get('segment');
    lines.push(`#EXTINF:${liveSegmentSeconds}.0,`);
    lines.push(...(segment === null ? linesOf(number, ranges).map(named) : [segment]));
  }
  if (out >= count && !query.has('frozen')) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

function noKind(): never {
  throw new Error('no such kind of live stream');
}

/**
 * While the stream has given out `?hiccup_from=` segments and fewer than `?hiccup_to=`, its list fails; or, however slow
 * its recorder is, `?hiccup_times=` after it was asked for `?hiccup_after=` segments.
 */
export function answerHiccup(exchange: Exchange): boolean {
  const { query, response } = exchange;
  const kind = query.get('hiccup');
  if (kind === null || !isHiccupNow(exchange)) return false;
  if (kind === 'reset') response.socket?.resetAndDestroy();
  else sendText(exchange, 'a moment\n', 'text/plain', Number(kind));
  return true;
}

function isHiccupNow(exchange: Exchange): boolean {
  const { query, isCounted, count } = exchange;
  const after = query.get('hiccup_after');
  const key = query.get('key') ?? '';
  if (after !== null) {
    const isRecorded = isCounted(`${after} segments of ${key}`);
    return isRecorded && count(`hiccups of ${key}`) <= numberOf(query, 'hiccup_times', 4);
  }
  const out = published(exchange);
  return out >= numberOf(query, 'hiccup_from', 6) && out < numberOf(query, 'hiccup_to', 12);
}

export const liveRoutes: readonly Route[] = [
  {
    path: '/live/stream.m3u8',
    about: `live HLS ?of= ${Object.keys(kinds).join(' ')}, one segment more each ?segment_ms= (default 1000), for ever or until ?count= are out, then closed unless ?frozen; counted per ?key= from the first segment that is asked for; ?length= segments in the list (default 5), ?keep=all keeps the old ones; ?segment= in the place of each; ?by=ffmpeg leaves the recording to ffmpeg; ?hiccup=503|404|reset fails while ?hiccup_from= (6) to ?hiccup_to= (12) segments are out, or ?hiccup_times= (4) after ?hiccup_after= segments were asked for; ?lost=404|reset has no segment of the number 9`,
    async answer(exchange) {
      if (!answerHiccup(exchange)) sendText(exchange, await livePlaylist(exchange), playlistType);
    },
  },
  {
    path: '/live/apart.m3u8',
    about: 'the same with picture and sound in lists of their own, with the query of this one',
    answer(exchange) {
      const { query } = exchange;
      const list = (of: string) => {
        const words = new URLSearchParams(query);
        words.set('of', of);
        return `/live/stream.m3u8?${words.toString()}`;
      };
      const text = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="en",LANGUAGE="en",DEFAULT=YES,URI="${list('sound')}"
#EXT-X-STREAM-INF:BANDWIDTH=40000,RESOLUTION=64x36,CODECS="avc1.42c00a,mp4a.40.2",AUDIO="g"
${list('picture')}
`;
      sendText(exchange, text, playlistType);
    },
  },
  {
    path: '/live/key.bin',
    about: 'the key of the encrypted live stream',
    answer: (exchange) =>
      sendEntity(exchange, {
        body: bufferBody(key),
        type: 'application/octet-stream',
        etag: '"k"',
      }),
  },
  {
    path: '/live/*',
    about: 'segments of the live streams, which come round again',
    async answer(exchange) {
      const [, kind = '', file = ''] = exchange.path.slice(1).split('/');
      const number = Number.parseInt(file, 10);
      const name = kind === 'ranges' ? 'many/ranges/all.ts' : files[kind]?.(number);
      if (name === undefined) return sendText(exchange, 'no such stream\n', 'text/plain', 404);
      const key = exchange.query.get('key') ?? '';
      exchange.count(`listener of ${key}`);
      exchange.count(`${exchange.count(`segments of ${key}`)} segments of ${key}`);
      if (number === LOST_NUMBER && exchange.query.has('lost')) return answerLost(exchange);
      const plain = await readMedia(exchange, name);
      const body = bufferBody(kind === 'aes' ? encrypted(plain, number) : plain);
      await sendEntity(exchange, { body, type: 'video/mp2t', etag: `"live-${kind}-${file}"` });
    },
  },
];

function answerLost({ query, response }: Exchange): void {
  if (query.get('lost') === '404') {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'video/mp2t', 'content-length': 9999 });
  response.flushHeaders();
  response.write('G', () => response.socket?.resetAndDestroy());
}

/** Its vector is its number. */
function encrypted(plain: Buffer, number: number): Buffer {
  const vector = Buffer.alloc(16);
  vector.writeUInt32BE(number, 12);
  const cipher = createCipheriv('aes-128-cbc', key, vector);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}
