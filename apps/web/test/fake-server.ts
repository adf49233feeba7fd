import type { Download, Problem, RetryDownload } from '@artemis/contracts';
import { isRecording, mayBeKeptIncomplete } from '@artemis/contracts/client';
import { isTerminal } from '@artemis/contracts/vocabulary';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { act, createConfiguration, moved } from './fake-answers.ts';
import { answerCookies } from './fake-cookies.ts';
import { answerEngines } from './fake-engines.ts';
import { asList, explain, probe, withEntries } from './fake-looks.ts';
import { FakeRoom, type FakeRoomOptions } from './fake-room.ts';

export interface FakeServerOptions extends FakeRoomOptions {
  readonly port?: number;
  /** Folder of the built page; without it only the API answers. */
  readonly page?: string;
  /** Time between two steps of the queue; 0 leaves it alone. */
  readonly tickMs?: number;
  readonly features?: Readonly<Record<string, boolean>>;
  readonly token?: string;
}

export interface FakeServer {
  readonly url: string;
  readonly room: FakeRoom;
  readonly requests: { method: string; path: string; body: unknown }[];
  close(): Promise<void>;
}

/** What the real page is served with: any inline script or style would be refused here too. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
  "connect-src 'self'; media-src 'self'; worker-src 'self'; manifest-src 'self'; " +
  "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

export async function startFakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const room = new FakeRoom(options);
  const requests: FakeServer['requests'] = [];
  const server: Server = createServer((request, response) => {
    handle(request, response, room, options, requests).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const tickMs = options.tickMs ?? 0;
  const timer = tickMs > 0 ? setInterval(() => room.tick(tickMs), tickMs) : undefined;
  return {
    url: `http://127.0.0.1:${address.port}`,
    room,
    requests,
    close: async () => {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  room: FakeRoom,
  options: FakeServerOptions,
  requests: FakeServer['requests'],
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const method = request.method ?? 'GET';
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body: unknown = text === '' ? null : JSON.parse(text);
  requests.push({ method, path: url.pathname + url.search, body });

  const send = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
    const isProblem = status >= 400;
    response.writeHead(status, {
      ...(value === null
        ? {}
        : { 'content-type': isProblem ? 'application/problem+json' : 'application/json' }),
      'cache-control': 'no-store',
      ...headers,
    });
    response.end(value === null ? undefined : JSON.stringify(value));
  };
  const refuse = (status: number, code: Problem['code'], detail: string): void =>
    send(status, { type: 'about:blank', title: detail, status, code, detail, instance: 'req-1' });

  if (url.pathname === '/healthz') return send(200, { status: 'ok' });
  if (url.pathname === '/readyz') {
    const readiness = room.readiness();
    return send(readiness.ready ? 200 : 503, readiness, { 'content-type': 'application/json' });
  }
  if (!url.pathname.startsWith('/api/v1/')) return servePage(url.pathname, response, options.page);
  if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
    return refuse(401, 'UNAUTHORIZED', 'A valid token is needed');
  }

  const path = url.pathname.slice('/api/v1'.length);
  const [, , id, verb] = path.split('/');
  if (path === '/telemetry') {
    const etag = room.telemetryTag();
    if (request.headers['if-none-match'] === etag) return send(304, null, { etag });
    return send(200, room.telemetry(), { etag });
  }
  if (path === '/configuration')
    return send(
      200,
      createConfiguration(room, {
        features: options.features,
        hasToken: options.token !== undefined,
      }),
    );
  if (path === '/log') return send(200, { lines: room.lines, next: room.lines.at(-1)?.seq ?? 0 });
  if (path === '/downloads' && method === 'GET') return list(url, room, send, refuse);
  if (path === '/downloads' && method === 'POST') return create(body, room, send, refuse);

  if (path === '/events') return streamEvents(response, room);
  if (path.startsWith('/cookies')) return answerCookies({ method, path, body }, room.cookies, send);
  if (path.startsWith('/engines')) return answerEngines({ method, path, body }, room.engines, send);
  if (path === '/probes') return probe(body, send);
  if (path === '/explanations') return explain(body, send);
  const host = /^\/hosts\/([^/]+)\/resume$/.exec(path)?.[1];
  if (host === 'video.example') return send(200, { host, affected: [] });
  if (host !== undefined) return refuse(404, 'HOST_NOT_PARKED', 'No downloads wait for this site');
  if (path === '/downloads/actions') return act(body, room, send);

  const record = id === undefined ? undefined : room.records.get(id);
  if (!record || id === undefined)
    return refuse(404, 'DOWNLOAD_NOT_FOUND', 'There is no such download');
  if (verb === 'log') return send(200, { lines: room.lines, next: room.lines.length });
  if (verb === 'file') {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-disposition': 'attachment' });
    response.end('not a video');
    return;
  }
  if (verb === 'retry') {
    const { parts, engine, accept_incomplete: acceptIncomplete } = (body ?? {}) as RetryDownload;
    if (parts && record.status === 'completed') {
      return send(200, { download: room.change(id, { status: 'queued', retry_parts: parts }) });
    }
    if (acceptIncomplete === true && !mayBeKeptIncomplete(record))
      return refuse(409, 'NOT_RETRYABLE', 'This download cannot be retried');
    if (!isTerminal(record.status))
      return refuse(409, 'NOT_RETRYABLE', 'This download cannot be retried');
    const download = room.change(id, {
      status: 'queued',
      error: null,
      progress: 0,
      completed_at: null,
      waiting_for: 'slot',
      ...(engine === undefined ? {} : { engine }),
    });
    return send(200, { download });
  }
  if (verb === 'pause' || verb === 'resume') {
    const isPause = verb === 'pause';
    const isAllowed = isPause
      ? ['queued', 'running'].includes(record.status)
      : record.status === 'paused';
    if (!isAllowed) {
      return isPause
        ? refuse(409, 'NOT_PAUSABLE', 'This download cannot be paused now')
        : refuse(409, 'NOT_RESUMABLE', 'This download is not paused');
    }
    return send(200, { download: room.change(id, moved(isPause ? 'paused' : 'queued')) });
  }
  if (verb === 'finish') {
    if (!isRecording(record))
      return refuse(409, 'NOT_FINISHABLE', 'This is not a running live recording');
    return send(200, { download: record });
  }
  if (method === 'PATCH') {
    return send(200, { download: room.change(id, JSON.parse(text) as Partial<Download>) });
  }
  if (method === 'GET') {
    const file =
      record.storage_path === null ? null : `/api/v1/downloads/${id}/file?expires=1&signature=x`;
    return send(200, {
      download: withEntries(record),
      download_url: file,
      inline_url: file && `${file}&inline=1`,
      artifact_urls: file ? [file] : [],
      download_url_expires_at: file && new Date(Date.now() + 900_000).toISOString(),
    });
  }
  if (method === 'DELETE') {
    if (url.searchParams.has('purge')) {
      if (!isTerminal(record.status))
        return refuse(409, 'STILL_ACTIVE', 'This download has not ended yet');
      room.forget(id);
      return send(204, null);
    }
    if (isTerminal(record.status))
      return refuse(409, 'NOT_CANCELLABLE', 'This download has already ended');
    const at = new Date().toISOString();
    const download = room.change(id, {
      status: 'cancelled',
      phase: null,
      waiting_for: null,
      speed_bps: null,
      completed_at: at,
    });
    return send(200, { download });
  }
  return refuse(404, 'ROUTE_NOT_FOUND', 'There is nothing at this address');
}

export type Send = (status: number, value: unknown, headers?: Record<string, string>) => void;
type Refuse = (status: number, code: Problem['code'], detail: string) => void;

function list(url: URL, room: FakeRoom, send: Send, refuse: Refuse): void {
  const query = url.searchParams;
  const since = query.get('since');
  if (since !== null) {
    const changes = room.since(since);
    return changes
      ? send(200, changes)
      : refuse(410, 'REV_GONE', 'This revision is no longer known');
  }
  const statuses = query.get('status');
  const found = room.list({
    // The page only sends words of the contract, and a wrong one finds nothing.
    ...(statuses === null ? {} : { statuses: statuses.split(',') as never[] }),
    q: query.get('q') ?? '',
    ...(query.get('sort') === null ? {} : { sort: query.get('sort') as never }),
  });
  const offset = Number(query.get('offset') ?? 0);
  const limit = Number(query.get('limit') ?? 50);
  send(200, {
    downloads: found.slice(offset, offset + limit),
    total: found.length,
    next_cursor: offset + limit < found.length ? String(offset + limit) : null,
    rev: room.rev,
  });
}

function create(body: unknown, room: FakeRoom, send: Send, refuse: Refuse): void {
  const {
    urls = [],
    url,
    format_preset,
    quality,
    options,
  } = body as Record<string, never> & {
    urls?: string[];
    url?: string;
  };
  const selection = JSON.stringify({ format_preset, quality, options });
  const wanted = url === undefined ? urls : [url];
  const bad = wanted.findIndex((link) => link.includes('refused.example'));
  if (bad >= 0) {
    return send(400, {
      type: 'about:blank',
      title: 'This URL cannot be downloaded',
      status: 400,
      code: 'URL_NOT_ALLOWED',
      detail: 'This URL cannot be downloaded',
      instance: 'req-1',
      errors: [
        { path: `/urls/${bad}`, message: 'This address is in a private network.', index: bad },
      ],
    });
  }
  if (wanted.some((link) => link.includes('full.example'))) {
    return refuse(429, 'QUEUE_FULL', 'The queue is full');
  }
  const added = wanted.map((link) => room.add(link, JSON.parse(selection) as Partial<Download>));
  for (const { record } of added) {
    if (record.options.playlist?.mode !== undefined) room.put(asList(record));
  }
  send(202, {
    downloads: added.map((entry) => entry.record),
    duplicates: added.filter((entry) => entry.isDuplicate).map((entry) => entry.record.id),
  });
}

function streamEvents(response: ServerResponse, room: FakeRoom): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let seq = 0;
  response.write('retry: 2000\n\n');
  const stop = room.onEvent((name, data) => {
    seq += 1;
    response.write(`id: run.${seq}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  });
  response.on('close', stop);
}

async function servePage(
  path: string,
  response: ServerResponse,
  page: string | undefined,
): Promise<void> {
  if (page === undefined) {
    response.writeHead(404).end();
    return;
  }
  const name = extname(path) === '' ? '/index.html' : path;
  try {
    const content = await readFile(join(page, name));
    response.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': CONTENT_SECURITY_POLICY,
    });
    // As the real server does it: relative addresses then hold in every view.
    response.end(
      name === '/index.html'
        ? content.toString().replace('<head>', '<head><base href="/" />')
        : content,
    );
  } catch {
    response.writeHead(404).end();
  }
}

// Started by hand: `node --import tsx --conditions=@artemis/source test/fake-server.ts --queued 10000`.
if (
  process.argv[1] !== undefined &&
  import.meta.url.endsWith(process.argv[1].split('/').pop() ?? '-')
) {
  const number = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      port: number,
      queued: number,
      running: number,
      completed: number,
      failed: number,
      workers: number,
      tick: number,
      broken: { type: 'boolean' },
      poll: { type: 'boolean' },
    },
  });
  const server = await startFakeServer({
    port: Number(values.port ?? 8500),
    queued: Number(values.queued ?? 24),
    running: Number(values.running ?? 3),
    completed: Number(values.completed ?? 12),
    failed: Number(values.failed ?? 2),
    workers: Number(values.workers ?? 6),
    tickMs: Number(values.tick ?? 500),
    isReady: values.broken !== true,
    ...(values.poll === true ? { features: { changes: true } } : {}),
    page: new URL('../dist', import.meta.url).pathname,
  });
  console.log(server.url);
}
