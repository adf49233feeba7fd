import { lstat, open, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { WarningCode } from '@artemis/contracts';
import { cleanInfoFile } from './info-file.ts';
import { mediaTypeOf } from './media-types.ts';
import type { OutcomeFile } from './messages.ts';
import type { DownloadPlan } from './plan.ts';

const BASE = 'media';
const THUMBNAIL = 'thumbnail';

/** Bytes of everything that belongs to the media, finished or not; 0 when the folder cannot be read. */
export async function partialBytes(jobFolder: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(jobFolder).catch(() => [])) {
    if (!name.startsWith(BASE)) continue;
    // A fragment may be gone again by now.
    total += await lstat(join(jobFolder, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return total;
}

/** The path when it is a regular file with content directly in the job folder, else null. */
export async function ownFile(jobFolder: string, name: string): Promise<OutcomeFile | null> {
  const named = fileNamed(name);
  const path = join(jobFolder, name);
  const sizeBytes = named && (await contentBytes(path));
  return named === null || sizeBytes === null ? null : { ...named, path, sizeBytes };
}

/** What the name of a file in a job folder says that it is; null when no such file is kept. */
export function fileNamed(
  name: string,
): Pick<OutcomeFile, 'kind' | 'suffix' | 'contentType'> | null {
  const type = mediaTypeOf(name);
  const base = [BASE, THUMBNAIL].find((word) => name.startsWith(word));
  if (type === null || base === undefined || name.includes('/')) return null;
  return { kind: type.kind, suffix: name.slice(base.length), contentType: type.contentType };
}

/** Of a regular file with content and no other name; null for everything else. */
async function contentBytes(path: string): Promise<number | null> {
  const found = await lstat(path).catch(() => null);
  const isOwn = found !== null && found.isFile() && found.size > 0 && found.nlink === 1;
  return isOwn ? found.size : null;
}

/** Whether the media lies there, under whatever extension. */
export async function isOwnMedia(jobFolder: string, path: string): Promise<boolean> {
  const isInPlace = dirname(path) === jobFolder && basename(path).startsWith(BASE);
  return isInPlace && (await contentBytes(path)) !== null;
}

/** Gives the media another extension; its new name. */
export async function renameMedia(
  jobFolder: string,
  path: string,
  extension: string,
): Promise<string> {
  const name = `${BASE}.${extension}`;
  await rename(path, join(jobFolder, name));
  return name;
}

export interface Collected {
  /** Chapters in their order, then what lies beside the media. */
  readonly files: readonly OutcomeFile[];
  readonly warnings: readonly WarningCode[];
}

/** Everything of a finished download but the media itself, and what of it was asked for and is not there. */
export async function collectSidecars(
  jobFolder: string,
  plan: DownloadPlan,
  hasEmbeddedSubtitles: boolean,
): Promise<Collected> {
  const files: OutcomeFile[] = [];
  const warnings: WarningCode[] = [];
  const languages: string[] = [];
  for (const name of (await readdir(jobFolder)).sort()) {
    const file = await ownFile(jobFolder, name);
    if (file === null) continue;
    const language = /^\.([A-Za-z0-9-]{1,35})\.(vtt|srt)$/.exec(file.suffix)?.[1];
    if (/^-\d{2,}\.\w+$/.test(file.suffix) && file.kind === 'media') files.push(file);
    else if (language !== undefined && plan.subtitles !== null) {
      if (await isOfAnotherKind(file.path)) continue;
      languages.push(language);
      if (!(plan.subtitles.isEmbedded && hasEmbeddedSubtitles)) files.push(file);
    } else if (
      name === `${THUMBNAIL}.jpg` &&
      plan.isThumbnailWritten &&
      (await isJpeg(file.path))
    ) {
      files.push(file);
    } else if (file.suffix === '.info.json' && plan.isInfoWritten) {
      const isClean = await cleanInfoFile(file.path, jobFolder);
      const cleaned = isClean ? await ownFile(jobFolder, name) : null;
      if (cleaned !== null) files.push(cleaned);
    }
  }
  if (plan.subtitles !== null && !hasLanguages(plan.subtitles.languages, languages)) {
    warnings.push('SUBTITLES_MISSING');
  }
  if (plan.isThumbnailWritten && !files.some(({ kind }) => kind === 'thumbnail')) {
    warnings.push('THUMBNAIL_MISSING');
  }
  if (plan.isInfoWritten && !files.some(({ kind }) => kind === 'info')) {
    warnings.push('METADATA_MISSING');
  }
  return { files, warnings };
}

/** `pt` is also answered by `pt-BR`. */
function hasLanguages(wanted: readonly string[] | null, got: readonly string[]): boolean {
  if (wanted === null) return got.length > 0;
  return wanted.every((language) =>
    got.some((tag) => tag === language || tag.startsWith(`${language}-`)),
  );
}

/** A standalone yt-dlp does not look what it has fetched as a subtitle; a player would follow a playlist. */
async function isOfAnotherKind(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    const start = buffer.toString('utf8').replace(/^\uFEFF/, '');
    return /^\s*(#EXTM3U|ffconcat|v=0\s|\[playlist\]|<(?!\?xml|(\w+:)?tt[\s>]))/i.test(start);
  } finally {
    await handle.close();
  }
}

/** A thumbnail that could not be converted lies there under whatever name it came with. */
async function isJpeg(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(3), 0, 3, 0);
    return buffer[0] === 0xff && buffer[1] === 0xd8 && buffer[2] === 0xff;
  } finally {
    await handle.close();
  }
}
