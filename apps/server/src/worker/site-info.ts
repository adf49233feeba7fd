import { readFile, stat } from 'node:fs/promises';
import type { ProbedFormat } from '@artemis/contracts';
import { codecOf, integerOf, numberOf, textOf } from './metadata.ts';

/** A larger one is not kept; those of YouTube have about half a MiB. */
const MAX_INFO_BYTES = 8 * 1024 ** 2;
const MAX_LANGUAGES = 200;

type Fields = Readonly<Record<string, unknown>>;

/** What yt-dlp has written down of a site: one video, never a list or a link to another page. */
export interface SiteInfo {
  readonly text: string;
  readonly fields: Fields;
}

/** Null when there is none, or it is not of one video. */
export async function readSiteInfo(path: string): Promise<SiteInfo | null> {
  try {
    if ((await stat(path)).size > MAX_INFO_BYTES) return null;
    const text = await readFile(path, 'utf8');
    const fields = fieldsOf(JSON.parse(text));
    return (fields['_type'] ?? 'video') === 'video' ? { text, fields } : null;
  } catch {
    return null;
  }
}

/** The worst first. */
export function formatsOf(site: SiteInfo | null): ProbedFormat[] {
  const formats = site?.fields['formats'];
  return Array.isArray(formats) ? formats.map((format) => formatOf(fieldsOf(format))) : [];
}

export function languagesOf(
  site: SiteInfo | null,
  kind: 'subtitles' | 'automatic_captions',
): string[] {
  return Object.keys(fieldsOf(site?.fields[kind]))
    .filter((tag) => /^[A-Za-z0-9-]{1,35}$/.test(tag))
    .sort()
    .slice(0, MAX_LANGUAGES);
}

export function chapterCount(site: SiteInfo | null): number {
  const chapters = site?.fields['chapters'];
  return Array.isArray(chapters) ? chapters.length : 0;
}

function formatOf(fields: Fields): ProbedFormat {
  const exact = integerOf(fields['filesize']);
  return {
    format_id: textOf(fields['format_id']) ?? '',
    ext: textOf(fields['ext']),
    width: integerOf(fields['width']),
    height: integerOf(fields['height']),
    fps: numberOf(fields['fps']),
    vcodec: codecOf(fields['vcodec']),
    acodec: codecOf(fields['acodec']),
    filesize: exact ?? integerOf(fields['filesize_approx']),
    is_filesize_exact: exact !== null,
    bitrate: numberOf(fields['tbr']),
    language: textOf(fields['language']),
    note: textOf(fields['format_note']),
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
