import { extname } from 'node:path';
import type { Artifact, Download, FileHeaders } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { RequestError } from '../../domain/errors.ts';
import type { FileStore, OpenedFile } from '../../domain/ports.ts';
import type { SignedLinks } from '../../domain/links/signed-links.ts';
import { isRangeFresh, parseRange } from '../byte-range.ts';
import { matchesTag } from '../conditional.ts';
import { contentDisposition } from '../content-disposition.ts';
import { addRoute, type RouteAnswer, type RouteReply, type RouteRequest } from '../route.ts';

export interface FileRoutesOptions {
  readonly files: FileStore;
  readonly signedLinks: SignedLinks;
}

/** Types that a browser may show from our origin; it saves everything else. */
const INLINE_TYPES = /^(video|audio)\/[a-z0-9.+-]+$|^text\/vtt$|^image\/(jpeg|png|webp)$/;

/** Stored files behind signed links: one known path for each request, never a folder. */
export function fileRoutes(app: FastifyInstance, { files, signedLinks }: FileRoutesOptions): void {
  addRoute(app, 'downloadFile', async (request, reply) => {
    const { expires, signature, artifact, inline } = request.query;
    const link = {
      downloadId: request.params.id,
      artifact: artifact === undefined ? null : Number(artifact),
      isInline: inline !== undefined,
      expires: Number(expires),
    };
    const isValid = signedLinks.isValid(link, signature) && String(link.expires) === expires;
    if (!isValid || link.expires < Date.now() / 1000) {
      throw new RequestError(
        'SIGNATURE_INVALID',
        isValid
          ? 'This link has expired. Open the download again to get a new one.'
          : 'This link was changed, or another server made it. Copy it again from its download.',
      );
    }
    const download = await app.downloads.get(link.downloadId);
    const found = artifactOf(download, link.artifact);
    const file = await files.open(found);
    if (!file) throw (await files.isChanged(found)) ? changed(found) : expired();
    return answerWith(request, reply, file, download, found, link.isInline);
  });
}

function artifactOf(download: Download, position: number | null): Artifact {
  if (download.artifacts.length === 0) {
    if (download.status === 'completed') throw expired();
    throw new RequestError('DOWNLOAD_NOT_FOUND', 'This download has no stored file.');
  }
  const found =
    position === null
      ? download.artifacts.find(({ kind }) => kind === 'media')
      : download.artifacts[position];
  if (!found) throw new RequestError('DOWNLOAD_NOT_FOUND', 'This download has no such file.');
  return found;
}

function expired(): RequestError {
  return new RequestError(
    'FILE_EXPIRED',
    'The file is no longer there: it was cleaned up, moved or deleted. Download it again if you need it.',
  );
}

function changed({ storage_path: path }: Artifact): RequestError {
  return new RequestError(
    'FILE_CHANGED',
    `${path} was edited or replaced since it was stored, so Artemis neither serves nor deletes it. Open it in its folder.`,
  );
}

/** The part of a file name after the name of the download: `.mp4`, `.en.vtt`, `-01.mp4`, `.info.json`. */
function endingOf({ artifacts }: Download, { name, kind }: Artifact): string {
  const media = artifacts.find((artifact) => artifact.kind === 'media')?.name ?? '';
  const base = media.slice(0, media.length - extname(media).length);
  if (base !== '' && name.startsWith(base) && name.length > base.length) {
    return name.slice(base.length);
  }
  const language = kind === 'subtitle' ? /\.[A-Za-z0-9_-]{2,35}\.\w+$/.exec(name)?.[0] : undefined;
  return language ?? extname(name);
}

/** As a file that a person saves, under the title of its download. */
export function dispositionOf(
  download: Download,
  artifact: Artifact,
  type: 'inline' | 'attachment',
): string {
  const extension = endingOf(download, artifact);
  const title = artifact.name.slice(0, artifact.name.length - extension.length);
  return contentDisposition(type, download.title ?? title, extension);
}

async function answerWith(
  request: RouteRequest<'downloadFile'>,
  reply: RouteReply,
  file: OpenedFile,
  download: Download,
  artifact: Artifact,
  isInline: boolean,
): Promise<RouteAnswer<'downloadFile'>> {
  const canShow = isInline && INLINE_TYPES.test(artifact.content_type);
  const headers: FileHeaders = {
    etag: file.etag,
    'last-modified': file.modifiedAt.toUTCString(),
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-type': artifact.content_type,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'content-disposition': dispositionOf(download, artifact, canShow ? 'inline' : 'attachment'),
  };
  const { range: wanted, 'if-range': ifRange, 'if-none-match': known } = request.headers;
  if (matchesTag(known, file.etag)) {
    await file.close();
    return { status: 304, headers, body: null };
  }
  const isFresh = isRangeFresh(
    typeof ifRange === 'string' ? ifRange : undefined,
    file.etag,
    file.modifiedAt,
  );
  const range = isFresh ? parseRange(wanted, file.sizeBytes) : null;
  if (range === 'unsatisfiable') {
    await file.close();
    reply.header('content-range', `bytes */${file.sizeBytes}`);
    throw new RequestError(
      'RANGE_NOT_SATISFIABLE',
      `The range lies outside the file, which has ${file.sizeBytes} bytes.`,
    );
  }
  const isHead = request.method === 'HEAD';
  if (isHead) await file.close();
  const body = isHead ? null : file.stream(range);
  if (range === null) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(file.sizeBytes) },
      body,
    };
  }
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(range.end - range.start + 1),
      'content-range': `bytes ${range.start}-${range.end}/${file.sizeBytes}`,
    },
    body,
  };
}
