import { join } from 'node:path';
import type { ProbedFormat } from '@artemis/contracts';
import { fieldsOf, numberOf, type JsonFields } from '../engine/json-values.ts';
import { codecOf, extensionOf, integerOf, textOf } from '../media/metadata.ts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';

/** In the work folder: the page information from which yt-dlp starts when the site was read before. */
export const KNOWN_INFO_FILE = 'known.info.json';
/** The only format of a stored download. */
export const STORED_FORMAT_ID = 'stored';
/** RFC 2606 reserves `.invalid`: no server can have this name. */
const NOWHERE = 'https://stored.invalid';
/** Larger information is not kept; YouTube's has about half a MiB. */
const MAX_INFO_BYTES = 8 * 1024 ** 2;
const MAX_LANGUAGES = 200;
/** The form that `options.subtitles.languages` accepts. */
const SUBTITLE_TAG = /^[A-Za-z0-9][A-Za-z0-9_-]{1,34}$/;

/** The info JSON of yt-dlp about a single video, never about a list or a link to another page. */
export interface SiteInfo {
  readonly text: string;
  readonly fields: JsonFields;
}

/** Null when there is none, or when it is not about a single video. */
export async function readSiteInfo(path: string): Promise<SiteInfo | null> {
  try {
    const text = await readFolderRecord(path);
    if (text.length > MAX_INFO_BYTES) return null;
    const fields = fieldsOf(JSON.parse(text));
    return (fields['_type'] ?? 'video') === 'video' ? { text, fields } : null;
  } catch {
    return null;
  }
}

/** Worst format first. */
export function formatsOf(site: SiteInfo | null): ProbedFormat[] {
  const formats = site?.fields['formats'];
  return Array.isArray(formats) ? formats.map((format) => formatOf(fieldsOf(format))) : [];
}

export function languagesOf(
  site: SiteInfo | null,
  kind: 'subtitles' | 'automatic_captions',
): string[] {
  return Object.keys(fieldsOf(site?.fields[kind]))
    .filter((tag) => SUBTITLE_TAG.test(tag))
    .sort()
    .slice(0, MAX_LANGUAGES);
}

export function chapterCount(site: SiteInfo | null): number {
  const chapters = site?.fields['chapters'];
  return Array.isArray(chapters) ? chapters.length : 0;
}

function formatOf(fields: JsonFields): ProbedFormat {
  const exact = integerOf(fields['filesize']);
  return {
    format_id: textOf(fields['format_id']) ?? '',
    ext: extensionOf(fields['ext']),
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

export interface StoredMedia {
  readonly extension: string;
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  /** The files `media.<language>.<format>` beside the media. */
  readonly subtitles: readonly { readonly language: string; readonly format: string }[];
  readonly hasThumbnail: boolean;
}

/** Information in which the site offers only the files of the work folder, so that yt-dlp fetches nothing. */
export function storedInfo({ fields }: SiteInfo, stored: StoredMedia): string {
  const { url: _url, ext: _ext, format_id: _id, ...said } = fields;
  return JSON.stringify({
    ...said,
    _type: 'video',
    is_live: false,
    live_status: 'not_live',
    formats: [
      {
        format_id: STORED_FORMAT_ID,
        url: `${NOWHERE}/media`,
        protocol: 'https',
        ext: stored.extension,
        vcodec: stored.hasVideo ? 'unknown' : 'none',
        acodec: stored.hasAudio ? 'unknown' : 'none',
      },
    ],
    subtitles: Object.fromEntries(
      stored.subtitles.map(({ language, format }) => [
        language,
        [{ ext: format, url: `${NOWHERE}/${language}` }],
      ]),
    ),
    automatic_captions: {},
    thumbnails: stored.hasThumbnail ? [{ id: '0', url: `${NOWHERE}/thumbnail.jpg` }] : [],
    thumbnail: null,
  });
}

/** Only the owner can read the file: it may contain cookies of the site. */
export async function writeKnownInfo(workFolder: string, info: string): Promise<void> {
  await writeFolderRecord(join(workFolder, KNOWN_INFO_FILE), info);
}
