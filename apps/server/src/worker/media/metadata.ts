import type { Metadata } from '@artemis/contracts';
import { numberOf } from '../engine/json-values.ts';
import { withoutSmuggled, type VideoInfo } from '../output/output-lines.ts';
import type { MeasuredMedia } from './ffprobe.ts';

const MAX_TEXT_CHARACTERS = 500;
/** Longer links cannot be downloaded anyway. */
const MAX_URL_CHARACTERS = 4096;

/** What the site says about the media; null for what it does not say. */
export function metadataOf({ fields, durationSeconds, isLive }: VideoInfo): Metadata {
  return {
    title: textOf(fields['title']),
    uploader: textOf(fields['uploader']) ?? textOf(fields['channel']),
    duration: durationSeconds,
    upload_date: textOf(fields['upload_date']),
    extractor: textOf(fields['extractor']),
    video_id: textOf(fields['id']),
    webpage_url: urlOf(fields['webpage_url']),
    width: integerOf(fields['width']),
    height: integerOf(fields['height']),
    fps: numberOf(fields['fps']),
    vcodec: codecOf(fields['vcodec']),
    acodec: codecOf(fields['acodec']),
    container: extensionOf(fields['ext']),
    format_id: textOf(fields['format_id']),
    is_live: isLive,
    playlist_title: textOf(fields['playlist_title']),
    playlist_index: integerOf(fields['playlist_index']),
  };
}

/** The same, corrected by what ffprobe has measured. */
export function measuredMetadata(
  said: Metadata,
  media: MeasuredMedia,
  extension: string,
): Metadata {
  const video = media.streams.find(({ type }) => type === 'video');
  const audio = media.streams.find(({ type }) => type === 'audio');
  return {
    ...said,
    duration: media.durationSeconds ?? said.duration ?? null,
    width: video?.width ?? null,
    height: video?.height ?? null,
    fps: video?.fps ?? null,
    vcodec: video?.codec ?? null,
    acodec: audio?.codec ?? null,
    container: extension,
  };
}

/** Metadata of a flat listing, from its first entry. `entry_count` is the site's number, which may exceed the listed entries. */
export function listMetadata(first: VideoInfo | null, listed: number): Metadata {
  const fields = first?.fields ?? {};
  const title = textOf(fields['playlist_title']);
  return {
    title: title ?? (listed === 1 ? textOf(fields['title']) : null),
    extractor: textOf(fields['extractor']),
    playlist_title: title,
    entry_count: integerOf(fields['playlist_count']) ?? listed,
  };
}

/** The link of a list entry. */
export function listedUrlOf(fields: VideoInfo['fields'], isOpened: boolean): string | null {
  const own = urlOf(fields['url']);
  const page = urlOf(fields['webpage_url']);
  const url = isOpened ? (page ?? own) : (own ?? page);
  return url === null || url.length > MAX_URL_CHARACTERS ? null : url;
}

/** Removes characters that are invisible or change the text direction: a title must not disguise the text after it. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value)
    .normalize('NFC')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\p{Cs}\p{Cn}]/gu, '')
    .trim();
  return text === '' ? null : [...text].slice(0, MAX_TEXT_CHARACTERS).join('');
}

function urlOf(value: unknown): string | null {
  return typeof value === 'string' ? withoutSmuggled(value) : null;
}

/** Null for `unknown_video`: yt-dlp and `engine/extensions.py` use it for media whose type only the content tells. */
export function extensionOf(value: unknown): string | null {
  const extension = textOf(value);
  return extension === 'unknown_video' ? null : extension;
}

export function codecOf(value: unknown): string | null {
  const codec = textOf(value);
  return codec === 'none' ? null : codec;
}

export function integerOf(value: unknown): number | null {
  const number = numberOf(value);
  return number === null ? null : Math.round(number);
}
