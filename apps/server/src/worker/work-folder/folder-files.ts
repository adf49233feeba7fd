import { isUtf8 } from 'node:buffer';
import { lstat, open, readdir, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DownloadWarning, WarningCode } from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import { cleanInfoFile } from './info-file.ts';
import { mediaTypeOf, withoutEncoding } from '../media/media-types.ts';
import type { OutcomeFile } from '../../domain/attempt.ts';
import { isOfLanguage } from '../plan/language-tags.ts';
import type { DownloadPlan } from '../plan/plan.ts';

const BASE = 'media';
const THUMBNAIL = 'thumbnail';

/** Total bytes of all media files, finished or partial; 0 when the folder cannot be read. */
export async function partialBytes(workFolder: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(workFolder).catch(() => [])) {
    if (!name.startsWith(BASE)) continue;
    // A fragment may have been removed since.
    total += await lstat(join(workFolder, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return total;
}

/** The file when it is a regular, non-empty file directly in the work folder and of a kept type; else null. */
export async function ownFile(workFolder: string, name: string): Promise<OutcomeFile | null> {
  const named = fileNamed(name);
  const path = join(workFolder, name);
  const sizeBytes = named && (await contentBytes(path));
  return named === null || sizeBytes === null ? null : { ...named, path, sizeBytes };
}

/** What a file in a work folder is, according to its name; null when such files are not kept. */
export function fileNamed(
  name: string,
): Pick<OutcomeFile, 'kind' | 'suffix' | 'contentType'> | null {
  const type = mediaTypeOf(name);
  const base = [BASE, THUMBNAIL].find((word) => name.startsWith(word));
  if (type === null || base === undefined || name.includes('/')) return null;
  return { kind: type.kind, suffix: name.slice(base.length), contentType: type.contentType };
}

/** Size of a regular, non-empty file without further hard links; null for everything else. */
async function contentBytes(path: string): Promise<number | null> {
  const found = await lstat(path).catch(() => null);
  const isOwn = found !== null && found.isFile() && found.size > 0 && found.nlink === 1;
  return isOwn ? found.size : null;
}

/** Whether the path is media directly in the work folder, with any extension. */
export async function isOwnMedia(workFolder: string, path: string): Promise<boolean> {
  const isInPlace = dirname(path) === workFolder && basename(path).startsWith(BASE);
  return isInPlace && (await contentBytes(path)) !== null;
}

/** Gives the media another extension and returns the new name. */
export async function renameMedia(
  workFolder: string,
  path: string,
  extension: string,
): Promise<string> {
  const name = `${BASE}.${extension}`;
  await rename(path, join(workFolder, name));
  return name;
}

export interface Collected {
  /** Chapters in their order, then the other files beside the media. */
  readonly files: readonly OutcomeFile[];
  readonly warnings: readonly (WarningCode | DownloadWarning)[];
}

/** Collects all files of a finished download except the media, with warnings for requested files that are missing. */
export async function collectSidecars(
  workFolder: string,
  plan: DownloadPlan,
  hasEmbeddedSubtitles: boolean,
): Promise<Collected> {
  const files: OutcomeFile[] = [];
  const warnings: (WarningCode | DownloadWarning)[] = [];
  const languages: string[] = [];
  for (const name of (await readdir(workFolder)).sort()) {
    const file = await ownFile(workFolder, name);
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
        // The content type of the extension promises UTF-8, which this file is not.
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
      const isClean = await cleanInfoFile(file.path, workFolder);
      const cleaned = isClean ? await ownFile(workFolder, name) : null;
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

function hasLanguages(wanted: readonly string[] | null, got: readonly string[]): boolean {
  if (wanted === null) return got.length > 0;
  return wanted.every((language) => got.some((tag) => isOfLanguage(tag, language)));
}

/** A standalone yt-dlp does not check its subtitles: the file may be an error page, or a list that a player would follow. */
function hasCues(content: Buffer): boolean {
  const text = content.toString('latin1').replaceAll('\0', '');
  return !/^\W*(#EXTM3U|ffconcat|v=0\s|\[playlist\]|<)/i.test(text) && /\d\s*-->\s*\d/.test(text);
}

/** Checks the content: a thumbnail that could not be converted may be called `.jpg` all the same. */
async function isJpeg(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(3), 0, 3, 0);
    return buffer[0] === 0xff && buffer[1] === 0xd8 && buffer[2] === 0xff;
  } finally {
    await handle.close();
  }
}
