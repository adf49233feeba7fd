import {
  LIMITS,
  type Artifact,
  type DownloadDetail,
  type ListDownloadsQuery,
  type Status,
  parseUrl,
} from '@artemis/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import { actOnDownloads } from '../../domain/act-on-downloads.ts';
import { RequestError } from '../../domain/errors.ts';
import type { FileStore } from '../../domain/ports.ts';
import type { SignedLinks } from '../../domain/links/signed-links.ts';
import { conditionally } from '../conditional.ts';
import { submitLimit } from '../plugins/rate-limit.ts';
import { addRoute, NO_STORE } from '../route.ts';
import { dispositionOf } from './files.ts';

const DEFAULT_LIMIT = 50;
const INLINE_TTL_SECONDS = 12 * 3600;

export interface DownloadRoutesOptions {
  readonly rateLimit: Config['rateLimit'];
  readonly files: Pick<FileStore, 'link'>;
  readonly signedLinks: SignedLinks;
  readonly signedUrlTtlSeconds: number;
  /** Path before `/downloads/…` in links. */
  readonly linkPrefix: string;
}

export function downloadRoutes(app: FastifyInstance, options: DownloadRoutesOptions): void {
  const { downloads } = app;

  addRoute(
    app,
    'createDownloads',
    async (request) => {
      const key = request.headers['idempotency-key'];
      const result = await downloads.submit(request.body, typeof key === 'string' ? key : null);
      const { removed, ...answer } = result;
      return { status: 202, body: removed.length > 0 ? { ...answer, removed } : answer };
    },
    { config: submitLimit(options.rateLimit) },
  );

  addRoute(app, 'listDownloads', async (request) => {
    const { query } = request;
    if (query.since !== undefined) {
      requireAlone(query);
      const { hasMore, ...changes } = await downloads.changesSince(
        query.since,
        LIMITS.changedRecords,
      );
      return { status: 200, headers: NO_STORE, body: { ...changes, more: hasMore } };
    }
    if (query.cursor !== undefined && query.offset !== undefined) {
      throw invalidQuery('cursor', 'cannot be used together with offset');
    }
    const page = await downloads.list({
      statuses: statusesOf(query),
      q: query.q ?? null,
      sort: query.sort ?? '-created',
      limit: query.limit ?? DEFAULT_LIMIT,
      cursor: query.cursor ?? null,
      offset: query.offset ?? 0,
    });
    const { nextCursor, ...rest } = page;
    return conditionally(request, { ...rest, next_cursor: nextCursor }, 'strong');
  });

  addRoute(app, 'getDownload', async (request) => {
    const download = await downloads.detail(request.params.id);
    return { status: 200, headers: NO_STORE, body: await detailOf(download, options) };
  });

  addRoute(app, 'removeDownload', async (request) => {
    refuseBody(request);
    const { id } = request.params;
    const { purge } = request.query;
    if (purge === undefined) return { status: 200, body: { download: await downloads.cancel(id) } };
    await downloads.purge(id, purge);
    return { status: 204, body: null };
  });

  addRoute(app, 'retryDownload', async (request) => ({
    status: 200,
    body: { download: await downloads.retry(request.params.id, request.body) },
  }));

  addRoute(app, 'pauseDownload', async (request) => ({
    status: 200,
    body: { download: await downloads.pause(request.params.id) },
  }));

  addRoute(app, 'resumeDownload', async (request) => ({
    status: 200,
    body: { download: await downloads.resume(request.params.id) },
  }));

  addRoute(app, 'finishDownload', async (request) => ({
    status: 200,
    body: { download: await downloads.finish(request.params.id) },
  }));

  addRoute(app, 'updateDownload', async (request) => ({
    status: 200,
    body: { download: await downloads.update(request.params.id, request.body) },
  }));

  addRoute(app, 'actOnDownloads', async (request) => ({
    status: 200,
    body: await actOnDownloads(downloads, request.body),
  }));

  addRoute(app, 'resumeHost', async (request) => {
    const host = siteOf(request.params.host);
    return { status: 200, body: { host, affected: await downloads.resumeHost(host) } };
  });

  addRoute(app, 'downloadLog', async (request) => ({
    status: 200,
    body: await downloads.logOf(request.params.id, request.query.after ?? 0),
  }));
}

/** The host name alone, whichever port or spelling somebody copied from a link. */
function siteOf(host: string): string {
  return parseUrl(`http://${host}/`)?.hostname ?? host;
}

async function detailOf(
  download: DownloadDetail['download'],
  { files, signedLinks, signedUrlTtlSeconds, linkPrefix }: DownloadRoutesOptions,
): Promise<DownloadDetail> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const expires = nowSeconds + signedUrlTtlSeconds;
  const link = (artifact: number | null, isInline: boolean, until: number) =>
    `${linkPrefix}/downloads/${download.id}/file?${signedLinks.sign({
      downloadId: download.id,
      artifact,
      isInline,
      expires: until,
    })}`;
  /** What is saved comes from where it is stored. What the page shows comes from here, which its policy demands. */
  const toSave = (artifact: Artifact) =>
    artifact.kind === 'subtitle'
      ? null
      : files.link(artifact, {
          disposition: dispositionOf(download, artifact, 'attachment'),
          type: artifact.content_type,
          ttlSeconds: signedUrlTtlSeconds,
        });
  const media = download.artifacts.find(({ kind }) => kind === 'media');
  return {
    download,
    download_url: media ? ((await toSave(media)) ?? link(null, false, expires)) : null,
    inline_url: media ? link(null, true, nowSeconds + INLINE_TTL_SECONDS) : null,
    artifact_urls: await Promise.all(
      download.artifacts.map(
        async (artifact, index) => (await toSave(artifact)) ?? link(index, false, expires),
      ),
    ),
    download_url_expires_at: media ? new Date(expires * 1000).toISOString() : null,
  };
}

function statusesOf(query: ListDownloadsQuery): ReadonlySet<Status> | null {
  if (query.status === undefined) return null;
  return new Set(query.status.flatMap((entry) => entry.split(',')) as Status[]);
}

function requireAlone(query: ListDownloadsQuery): void {
  const other = Object.keys(query).find((key) => key !== 'since');
  if (other !== undefined) throw invalidQuery(other, 'cannot be used together with since');
}

function refuseBody(request: FastifyRequest): void {
  const { body } = request;
  if (body !== undefined && body !== null) throw invalidQuery('body', 'must be empty');
}

function invalidQuery(name: string, message: string): RequestError {
  return new RequestError('VALIDATION_FAILED', `${name} ${message}.`, {
    details: [{ path: `/${name}`, message }],
  });
}
