import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';

export interface FileSite {
  readonly url: string;
  /** `host:port` for an allow list. */
  readonly hostPort: string;
  close(): Promise<void>;
}

/**
 * Serves `?file=` of this computer under any path and as `?type=`. `?cut=` (a share) drops the connection there, as often
 * as it is asked beyond it; `?cap=` is the most bytes of an answer for a part; `?chunked=` leaves the length out; `?page=` answers with a page that says how long (`PT…S`) the video at that path is.
 */
export async function startFileSite(): Promise<FileSite> {
  const server = createServer((request, response) => {
    const { searchParams: query, origin } = new URL(
      request.url ?? '/',
      `http://${request.headers.host}`,
    );
    const page = query.get('page');
    if (page !== null) {
      response.setHeader('Content-Type', 'text/html');
      return void response.end(pageOf(query, new URL(page, origin).href));
    }
    void readFile(query.get('file') ?? '').then((content) => {
      const range = /^bytes=(\d+)-/.exec(request.headers.range ?? '');
      const start = Math.min(Number(range?.[1] ?? 0), content.length - 1);
      const cap = Number(query.get('cap') ?? Infinity);
      const end = range === null ? content.length : Math.min(content.length, start + cap);
      const isCut = range === null || cap === Infinity;
      const stop = isCut ? Math.floor(content.length * Number(query.get('cut') ?? 1)) : Infinity;
      response.writeHead(range === null ? 200 : 206, {
        'Content-Type': query.get('type') ?? 'application/octet-stream',
        ...(!query.has('chunked') && { 'Content-Length': end - start }),
        'Accept-Ranges': 'bytes',
        ...(range && {
          'Content-Range': `bytes ${start}-${end - 1}/${content.length}`,
        }),
      });
      if (stop >= end) return response.end(content.subarray(start, end));
      response.write(content.subarray(start, Math.max(start, stop)), () =>
        request.socket.destroySoon(),
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const hostPort = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${hostPort}`,
    hostPort,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The way most sites describe a video; chapters are `?chapters=0-4,4-8`. */
function pageOf(query: URLSearchParams, contentUrl: string): string {
  const chapters = (query.get('chapters') ?? '').split(',').filter(Boolean);
  const video = {
    '@context': 'https://schema.org',
    '@type': 'VideoObject',
    name: 'A described file',
    contentUrl,
    thumbnailUrl: query.get('thumbnail') ?? undefined,
    duration: query.get('duration') ?? undefined,
    hasPart: chapters.map((chapter, index) => {
      const [startOffset, endOffset] = chapter.split('-').map(Number);
      return { '@type': 'Clip', name: `Part ${index + 1}`, startOffset, endOffset };
    }),
  };
  return `<!doctype html><title>x</title><script type="application/ld+json">${JSON.stringify(video)}</script>`;
}
