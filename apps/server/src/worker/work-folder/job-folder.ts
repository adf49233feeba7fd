import { isUtf8 } from 'node:buffer';
import { lstat, open, readdir, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DownloadWarning, WarningCode } from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import { cleanInfoFile } from './info-file.ts';
import { mediaTypeOf, withoutEncoding } from '../media/media-types.ts';
import type { OutcomeFile } from '../../domain/attempt.ts';
import type { DownloadPlan } from '../plan/plan.ts';

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
  readonly warnings: readonly (WarningCode | DownloadWarning)[];
}

/** Everything of a finished download but the media itself, and what of it was asked for and is not there. */
export async function collectSidecars(
  jobFolder: string,
  plan: DownloadPlan,
  hasEmbeddedSubtitles: boolean,
): Promise<Collected> {
  const files: OutcomeFile[] = [];
  const warnings: (WarningCode | DownloadWarning)[] = [];
  const languages: string[] = [];
  for (const name of (await readdir(jobFolder)).sort()) {
    const file = await ownFile(jobFolder, name);
    if (file === null) continue;
    const language = /^\.([A-Za-z0-9_-]{1,35})\.(vtt|srt)$/.exec(file.suffix)?.[1];
    if (/^-\d{2,}\.\w+$/.test(file.suffix) && file.kind === 'media') files.push(file);
    else if (language !== undefined && plan.subtitles !== null) {
      const content = await readFile(file.path);
      if (!hasCues(content)) continue;
      languages.push(language);
      if (plan.subtitles.isEmbedded && hasEmbeddedSubtitles) continue;
      if (isUtf8(content) && !content.includes(0)) files.push(file);
      else {
        // Not as the text that the type of its extension promises.
        files.push({ ...file, contentType: withoutEncoding(file.contentType) });
        warnings.push(detailed('SUBTITLES_ENCODING', language));
      }
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

/** `pt` is also answered by `pt-BR`, which is the same as `pt_br`. */
function hasLanguages(wanted: readonly string[] | null, got: readonly string[]): boolean {
  if (wanted === null) return got.length > 0;
  const plain = (tag: string) => `${tag.toLowerCase().replaceAll('_', '-')}-`;
  return wanted.every((language) => got.some((tag) => plain(tag).startsWith(plain(language))));
}

/** A standalone yt-dlp does not look what it has fetched as a subtitle: an answer of an error, or a list that a player would follow. */
function hasCues(content: Buffer): boolean {
  const text = content.toString('latin1').replaceAll('\0', '');
  return !/^\W*(#EXTM3U|ffconcat|v=0\s|\[playlist\]|<)/i.test(text) && /\d\s*-->\s*\d/.test(text);
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
