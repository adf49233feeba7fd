import { createGzip } from 'node:zlib';
import {
  numberOf,
  readMedia,
  sendText,
  writeChunks,
  type Exchange,
  type Route,
} from './exchange.ts';

const MIB = 1024 * 1024;

/** The address at which the origin says this, under any name and type. */
export function saying(name: string, content: string | Buffer, type = 'video/mp4'): string {
  const data = Buffer.from(content).toString('base64url');
  return `/says/${name}?${new URLSearchParams({ data, type })}`;
}

function* repeated(start: Buffer, block: Buffer, mib: number): Iterable<Buffer> {
  yield start;
  for (let count = 0; count < mib; count += 1) yield block;
}

async function sendPacked(exchange: Exchange, start: string, end: string): Promise<void> {
  const { response, query } = exchange;
  response.writeHead(200, {
    'Content-Type': query.get('type') ?? 'text/html',
    'Content-Encoding': 'gzip',
  });
  const gzip = createGzip({ level: 1 });
  gzip.pipe(response);
  response.on('close', () => gzip.destroy());
  gzip.write(start);
  const block = Buffer.alloc(MIB, 0x20);
  for (let mib = 0; mib < numberOf(query, 'mib', 512); mib += 1) {
    if (gzip.destroyed) return;
    await new Promise((resolve) => gzip.write(block, resolve));
  }
  gzip.end(end);
}

function namingItself(name: string, url: string): readonly [content: string, type: string] {
  const hls = 'application/vnd.apple.mpegurl';
  switch (name) {
    case 'list.m3u8':
      return [`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=400000\n${url}\n`, hls];
    case 'stream.m3u8':
      return [`#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${url}\n#EXT-X-ENDLIST\n`, hls];
    case 'feed.rss':
      return [
        `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>y</title><link>${url}</link></item></channel></rss>`,
        'application/rss+xml',
      ];
    case 'page.html':
      return [
        `<!doctype html><title>x</title><meta property="og:video" content="${url}"><video src="${url}"></video><iframe src="${url}"></iframe>`,
        'text/html',
      ];
    default:
      return [
        `<?xml version="1.0"?><smil xmlns="http://www.w3.org/2001/SMIL20/Language"><body><video src="${url}"/></body></smil>`,
        'application/smil+xml',
      ];
  }
}

export const hostileRoutes: readonly Route[] = [
  {
    path: '/says/*',
    about: '/says/<any name>: the bytes of ?data= (base64url) as ?type=',
    answer({ query, response }) {
      const body = Buffer.from(query.get('data') ?? '', 'base64url');
      response.writeHead(200, {
        'Content-Type': query.get('type') ?? 'application/octet-stream',
        'Content-Length': body.length,
      });
      response.end(body);
    },
  },
  {
    path: '/packed/*',
    about:
      '/packed/<any name>: ?start=, then ?mib= (default 512) of spaces, packed a thousand times smaller, as ?type=',
    answer: (exchange) => sendPacked(exchange, exchange.query.get('start') ?? '', ''),
  },
  {
    path: '/page/gzip-bomb.html',
    about: 'HTML of ?mib= (default 512) packed a thousand times smaller, whatever was accepted',
    answer: (exchange) => sendPacked(exchange, '<!doctype html><html><body>', '</body></html>'),
  },
  {
    path: '/huge-picture.jpg',
    about: 'a good picture and ?mib= (default 512) of zeros behind it, without a length',
    async answer(exchange) {
      exchange.response.writeHead(200, { 'Content-Type': 'image/jpeg' });
      const picture = await readMedia(exchange, 'thumbnail.jpg');
      const mib = numberOf(exchange.query, 'mib', 512);
      await writeChunks(exchange, repeated(picture, Buffer.alloc(MIB), mib));
      exchange.response.end();
    },
  },
  {
    path: '/itself/*',
    about:
      '/itself/<name>: names itself: list.m3u8 as its variant, stream.m3u8 as its segment, feed.rss as its entry, page.html as its video and frame, any other as SMIL',
    answer(exchange) {
      const name = exchange.path.slice('/itself/'.length);
      const [content, type] = namingItself(name, exchange.origin + exchange.path);
      sendText(exchange, content, type);
    },
  },
  {
    path: '/page/deep.html',
    about: 'HTML that describes a video in JSON-LD nested ?levels= (default 200000) deep',
    answer(exchange) {
      const levels = numberOf(exchange.query, 'levels', 200_000);
      const json = `${'['.repeat(levels)}${']'.repeat(levels)}`;
      sendText(
        exchange,
        `<!doctype html><script type="application/ld+json">${json}</script><title>Deep</title>`,
      );
    },
  },
];
