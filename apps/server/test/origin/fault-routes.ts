import {
  bufferBody,
  numberOf,
  readMedia,
  sendEntity,
  sendText,
  writeChunks,
  type Exchange,
  type Route,
} from './exchange.ts';
import { contentTypeOf } from './media-routes.ts';

const zeros = Buffer.alloc(64 * 1024);

function* endlessly(start: Buffer): Iterable<Buffer> {
  yield start;
  for (;;) yield zeros;
}

/** Counts per path and `?key=`, so that tests which share an origin do not share a counter. */
function turn(exchange: Exchange): number {
  return exchange.count(`${exchange.path}?${exchange.query.get('key') ?? ''}`);
}

async function clip(exchange: Exchange) {
  const body = bufferBody(await readMedia(exchange, 'clip-360.mp4'));
  return { body, type: 'video/mp4', etag: '"clip-360"' } as const;
}

/** `?cut=` bytes of each answer, for the first `?cut_times=` requests (default: always). */
function cutOf({ query }: Exchange, count: number): number {
  const isCut = query.has('cut') && count <= numberOf(query, 'cut_times', Infinity);
  return isCut ? numberOf(query, 'cut', 0) : Infinity;
}

function retryAfter(query: URLSearchParams): string | null {
  const asked = query.get('retry_after');
  if (asked === 'date') {
    return new Date(Date.now() + numberOf(query, 'in_s', 5) * 1000).toUTCString();
  }
  return asked === 'absurd' ? '99999999999' : asked;
}

export const faultRoutes: readonly Route[] = [
  {
    path: '/fault/no-length.mp4',
    about: 'whole and good, chunked: no Content-Length, no ranges',
    async answer(exchange) {
      exchange.response.writeHead(200, { 'Content-Type': 'video/mp4' });
      exchange.response.end(await readMedia(exchange, 'clip-360.mp4'));
    },
  },
  {
    path: '/fault/short-with-length.mp4',
    about:
      'every answer stops after ?cut= bytes (default 300000) although the length promises all; ranges work, so resuming ends well; ?cut_times=',
    async answer(exchange) {
      if (!exchange.query.has('cut')) exchange.query.set('cut', '300000');
      await sendEntity(exchange, {
        ...(await clip(exchange)),
        cut: cutOf(exchange, turn(exchange)),
      });
    },
  },
  {
    path: '/fault/short-without-length.mp4',
    about:
      'a fast-start mp4, without length, that ends cleanly after ?cut= bytes (default: half), or ?lack= before its end',
    async answer(exchange) {
      const { response } = exchange;
      const content = await readMedia(exchange, 'faststart.mp4');
      // The end of the connection is the end of the body, so nothing tells the client that it is short.
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { 'Content-Type': 'video/mp4' });
      const { query } = exchange;
      const end = query.has('lack')
        ? content.length - numberOf(query, 'lack', 0)
        : numberOf(query, 'cut', content.length / 2);
      response.end(content.subarray(0, end));
    },
  },
  {
    path: '/fault/endless.mp4',
    about: 'a good start, then zeros for ever, no length; ?kib_per_s= (default 65536)',
    async answer(exchange) {
      exchange.response.writeHead(200, { 'Content-Type': 'video/mp4' });
      const start = await readMedia(exchange, 'faststart.mp4');
      await writeChunks(
        exchange,
        endlessly(start),
        numberOf(exchange.query, 'kib_per_s', 64 * 1024),
      );
    },
  },
  {
    path: '/fault/trickle.mp4',
    about: 'good, with length and ranges, at ?kib_per_s= (default 1)',
    async answer(exchange) {
      const kibPerSecond = numberOf(exchange.query, 'kib_per_s', 1);
      await sendEntity(exchange, { ...(await clip(exchange)), kibPerSecond });
    },
  },
  {
    path: '/fault/stalled.mp4',
    about: 'headers with a length, ?after= bytes (default 0), then silence until the client leaves',
    async answer(exchange) {
      const content = await readMedia(exchange, 'clip-360.mp4');
      exchange.response.writeHead(200, {
        'Content-Type': 'video/mp4',
        'Content-Length': content.length,
      });
      exchange.response.flushHeaders();
      exchange.response.write(content.subarray(0, numberOf(exchange.query, 'after', 0)));
    },
  },
  {
    path: '/fault/empty.mp4',
    about: '200 with zero bytes',
    answer: (exchange) => sendText(exchange, '', 'video/mp4'),
  },
  {
    path: '/fault/text.mp4',
    about: 'plain text that says it is video/mp4',
    answer: (exchange) => sendText(exchange, 'This is not a video.\n'.repeat(50), 'video/mp4'),
  },
  {
    path: '/fault/html.mp4',
    about: 'an error page that says it is video/mp4',
    answer: (exchange) =>
      sendText(exchange, '<!doctype html><title>Sorry</title><h1>Sorry</h1>', 'video/mp4'),
  },
  {
    path: '/fault/playlist.mp4',
    about:
      'an HLS playlist that says it is video/mp4 and names the file ?refers= (default other.mp4)',
    answer(exchange) {
      const name = exchange.query.get('refers') ?? 'other.mp4';
      sendText(
        exchange,
        `#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8.0,\n${name}\n#EXT-X-ENDLIST\n`,
        'video/mp4',
      );
    },
  },
  {
    path: '/fault/reset.mp4',
    about: 'the connection is closed before any answer',
    answer: ({ request }) => void request.socket.destroy(),
  },
  {
    path: '/fault/status/*',
    about:
      '/fault/status/<code>/clip.mp4: the code, with ?retry_after= seconds, date (?in_s=) or absurd; ' +
      'only for ?fail= requests (default: always) after the first ?good= ones (default 0), counted per ?key=; else the clip',
    async answer(exchange) {
      const { query } = exchange;
      const code = Number(exchange.path.split('/')[3]);
      const count = turn(exchange) - numberOf(query, 'good', 0);
      if (count < 1 || count > numberOf(query, 'fail', Infinity)) {
        await sendEntity(exchange, await clip(exchange));
        return;
      }
      const wait = retryAfter(query);
      if (wait !== null) exchange.response.setHeader('Retry-After', wait);
      sendText(exchange, `status ${code}\n`, 'text/plain', code);
    },
  },
  {
    path: '/fault/changing.mp4',
    about:
      'from request ?from= on (default 3; an extraction is one request too) another entity: content, length and ETag; ' +
      'until then answers stop after ?cut= bytes; ?key=',
    async answer(exchange) {
      const count = turn(exchange);
      if (count < numberOf(exchange.query, 'from', 3)) {
        await sendEntity(exchange, { ...(await clip(exchange)), cut: cutOf(exchange, count) });
        return;
      }
      const body = bufferBody(await readMedia(exchange, 'clip-720.mp4'));
      await sendEntity(exchange, { body, type: 'video/mp4', etag: '"clip-720"' });
    },
  },
  ...(
    [
      ['ignore', '/fault/range-ignored.mp4', 'a Range is answered 200 with everything'],
      ['wrong', '/fault/range-wrong.mp4', 'a Range is answered 206 from byte 0'],
      [
        'garbage',
        '/fault/range-garbage.mp4',
        'a Range is answered 206 with its bytes and a Content-Range that says nothing',
      ],
      ['refuse', '/fault/range-416.mp4', 'a Range that does not start at 0 is answered 416'],
    ] as const
  ).map(([ranges, path, about]) => ({
    path,
    about: `${about}; ?cut= bytes of each of the first ?cut_times= answers, per ?key=`,
    async answer(exchange: Exchange) {
      const cut = cutOf(exchange, turn(exchange));
      await sendEntity(exchange, { ...(await clip(exchange)), ranges, cut });
    },
  })),
  {
    path: '/fault/half-headers.mp4',
    about: 'the connection ends in the middle of the headers',
    answer: ({ request }) => void request.socket.end('HTTP/1.1 200 OK\r\nContent-Type: vid'),
  },
  {
    path: '/fault/closed/*',
    about: '/fault/closed/<key>/<medium>: 404 until /fault/open/<key> was asked',
    async answer(exchange) {
      const [key, ...parts] = exchange.path.slice('/fault/closed/'.length).split('/');
      if (!exchange.isCounted(`open ${key}`) || exchange.isCounted(`shut ${key}`)) {
        return sendText(exchange, 'closed\n', 'text/plain', 404);
      }
      const name = parts.join('/');
      const body = bufferBody(await readMedia(exchange, name));
      await sendEntity(exchange, { body, type: contentTypeOf(name), etag: `"${name}"` });
    },
  },
  {
    path: '/fault/open/*',
    about: 'opens what lies behind /fault/closed/<key>/',
    answer(exchange) {
      exchange.count(`open ${exchange.path.slice('/fault/open/'.length)}`);
      sendText(exchange, 'open\n', 'text/plain');
    },
  },
  {
    path: '/fault/shut/*',
    about: 'shuts it again, for good',
    answer(exchange) {
      exchange.count(`shut ${exchange.path.slice('/fault/shut/'.length)}`);
      sendText(exchange, 'shut\n', 'text/plain');
    },
  },
  {
    path: '/redirect',
    about: '?code= (default 302) to ?to=, any URL',
    answer({ query, response }) {
      const location = query.get('to') ?? '/media/clip-360.mp4';
      response.writeHead(numberOf(query, 'code', 302), { Location: location, 'Content-Length': 0 });
      response.end();
    },
  },
  {
    path: '/redirect/loop',
    about: 'redirects to itself for ever, with a counter so that the addresses differ',
    answer({ query, response }) {
      response.writeHead(302, {
        Location: `/redirect/loop?n=${numberOf(query, 'n', 0) + 1}`,
        'Content-Length': 0,
      });
      response.end();
    },
  },
];
