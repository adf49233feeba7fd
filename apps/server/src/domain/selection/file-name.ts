import {
  DEFAULT_QUALITY,
  say,
  type Download,
  type DownloadOptions,
  type Metadata,
  type Said,
  type Selection,
} from '@artemis/contracts';
import type { FileName } from '../ports.ts';
import { BASE_BYTES, COMPONENT_BYTES, safeComponent } from './safe-name.ts';

/** What a template may speak of. A value that is not known becomes `UNKNOWN`. */
export const PLACEHOLDERS = [
  'id',
  'video_id',
  'title',
  'uploader',
  'upload_date',
  'playlist',
  'playlist_index',
  'height',
] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];
type Values = Readonly<Record<Placeholder, string | number | null | undefined>>;

/** Of a download that names none, on a server whose settings name none. */
export const DEFAULT_TEMPLATE = '{id}';
export const MOST_FOLDERS = 5;
const UNKNOWN = 'unknown';

/** A literal part, or a placeholder in an object. */
type TemplatePart = string | { readonly name: Placeholder };

/** Why the template cannot be used, as a sentence without its subject; null when it can. */
export function templateProblem(template: string): Said | null {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(([, name]) => !isPlaceholder(name));
  if (unknown) {
    const known = PLACEHOLDERS.map((name) => `{${name}}`).join(', ');
    return say('PLACEHOLDER_NOT_KNOWN', { placeholder: unknown[0].slice(0, 40), known });
  }
  const literals = template.replace(/\{[^{}]*\}/g, '*');
  if (/[{}]/.test(literals)) return say('BRACE_IS_ALONE');
  const components = literals.split('/');
  if (components.some((component) => component.trim() === '')) {
    return say('TEMPLATE_HAS_EMPTY_PARTS');
  }
  if (
    template.includes('\\') ||
    components.some((component) => /^\.{1,2}$/.test(component.trim()))
  ) {
    return say('MUST_STAY_BELOW');
  }
  return components.length > MOST_FOLDERS + 1
    ? say('TOO_MANY_FOLDERS', { limit: MOST_FOLDERS })
    : null;
}

/**
 * Where a download is stored, by its folder and template, or the fallback; its own id by default, which no site can influence. Safe for
 * every file system whatever the site says: see `safe-name.ts`. Not unique: the store never replaces a file.
 */
export function fileNameOf(
  download: Pick<Download, 'id' | 'options' | 'title' | 'metadata'>,
  fallback = DEFAULT_TEMPLATE,
): FileName {
  const { metadata, options } = download;
  return compile(options, fallback, {
    id: download.id,
    // Of a page that no site is known for it is the end of its link, and a query may hold a secret.
    video_id: metadata.video_id?.replace(/\?.*/s, ''),
    title: metadata.title ?? download.title,
    uploader: metadata.uploader,
    upload_date: metadata.upload_date,
    playlist: metadata.playlist_title,
    playlist_index: paddedIndex(metadata),
    height: metadata.height,
  });
}

/** Whether the name depends on what the site says. */
export function isNamedByMetadata(
  { name_template: template }: DownloadOptions,
  fallback: string,
): boolean {
  const asked = template ?? fallback;
  return PLACEHOLDERS.some((name) => name !== 'id' && asked.includes(`{${name}}`));
}

/** As wide as the last one of its list, so that files sort in its order. */
function paddedIndex({ playlist_index: index, playlist_count: last }: Metadata): string | null {
  return typeof index === 'number' ? String(index).padStart(String(last ?? '').length, '0') : null;
}

/** The path of an invented video, below `downloads/`; empty when nothing would be stored. */
export function exampleName(selection: Selection, fallback = DEFAULT_TEMPLATE): string {
  const { quality } = selection;
  const height = quality === DEFAULT_QUALITY ? 1080 : Number.parseInt(quality, 10);
  const name = compile(selection.options, fallback, {
    id: '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed',
    video_id: 'x7Yp2',
    title: 'Title of the video',
    uploader: 'Name of the channel',
    upload_date: '20260131',
    playlist: 'Name of the playlist',
    playlist_index: 1,
    height,
  });
  const path = mediaPath(selection, { container: 'mp4', acodec: 'mp4a.40.2' }, name);
  return path === null ? '' : `downloads/${path}`;
}

/**
 * Where the media file of a download will lie, below the downloads folder, when nothing has that name; null when none
 * will. `metadata` is what the site says before the download.
 */
export function plannedPath(
  download: Pick<Download, 'id' | 'title' | 'metadata' | 'format_preset' | 'options'>,
  fallback: string,
): string | null {
  return mediaPath(download, download.metadata, fileNameOf(download, fallback));
}

function mediaPath(
  { format_preset: preset, options }: Pick<Selection, 'format_preset' | 'options'>,
  { container, acodec }: Pick<Metadata, 'container' | 'acodec'>,
  { directory, base }: FileName,
): string | null {
  if (preset === 'Playlist (flat)' || options.simulate === true) return null;
  const extension =
    preset === 'Audio only'
      ? (options.audio_codec ?? soundExtension(acodec ?? '', container ?? 'mp3'))
      : (options.container ?? pictureExtension(preset, options, container ?? 'mp4'));
  return [...(directory === '' ? [] : [directory]), `${base}.${extension}`].join('/');
}

/** yt-dlp names sound that it takes out of a file by its codec, and converts what it cannot name. */
function soundExtension(codec: string, container: string): string {
  if (/^(mp4a\.6b|mp3)/i.test(codec)) return 'mp3';
  if (/^(mp4a|aac|alac)/i.test(codec)) return 'm4a';
  if (/^opus/i.test(codec)) return 'opus';
  if (/^vorbis/i.test(codec)) return 'ogg';
  return ['m4a', 'mp3', 'opus', 'ogg', 'flac', 'wav'].includes(container) ? container : 'm4a';
}

function pictureExtension(
  preset: Selection['format_preset'],
  { embed_thumbnail: isCoverAsked }: DownloadOptions,
  container: string,
): string {
  if (preset === 'Video + Audio (muxed)') return 'mp4';
  const canHoldCover = ['mp4', 'm4a', 'mp3'].includes(container);
  return isCoverAsked === true && !canHoldCover ? 'mkv' : container;
}

function compile(options: DownloadOptions, fallback: string, values: Values): FileName {
  const template = (options.name_template ?? fallback).split('/');
  const folders = template.slice(0, -1).map((part) => fill(part, values, COMPONENT_BYTES));
  const asked = (options.directory ?? '').split('/').filter((part) => part !== '');
  return {
    directory: [...asked.map((part) => safeComponent(part, COMPONENT_BYTES)), ...folders].join('/'),
    base: fill(template.at(-1) ?? DEFAULT_TEMPLATE, values, BASE_BYTES),
  };
}

/** Where every download with these options is stored, as far as that depends on no media; empty when nothing is known. */
export function knownFolder({
  directory = '',
  name_template: template = DEFAULT_TEMPLATE,
}: {
  readonly directory?: string | undefined;
  readonly name_template?: string | undefined;
}): string {
  const folders = template.split('/').slice(0, -1);
  const first = folders.findIndex((part) => part.includes('{'));
  const literal = first === -1 ? folders : folders.slice(0, first);
  return [...directory.split('/'), ...literal]
    .filter((part) => part !== '')
    .map((part) => safeComponent(part, COMPONENT_BYTES))
    .join('/');
}

/** One component. When it is too long its longest values are cut, not its end: `{title} [{id}]` keeps the id. */
function fill(component: string, values: Values, maxBytes: number): string {
  const parts = partsOf(component);
  const render = (mostBytes: number) =>
    parts
      .map((part) =>
        typeof part === 'string' ? part : safeComponent(textOf(values[part.name]), mostBytes),
      )
      .join('');
  let fits = 1;
  let most = maxBytes;
  while (fits < most) {
    const middle = Math.ceil((fits + most) / 2);
    if (Buffer.byteLength(render(middle)) <= maxBytes) fits = middle;
    else most = middle - 1;
  }
  return safeComponent(render(fits), maxBytes);
}

function partsOf(component: string): TemplatePart[] {
  return component.split(/(\{[^{}]*\})/).map((part) => {
    const name = part.slice(1, -1);
    return part.startsWith('{') && isPlaceholder(name) ? { name } : part;
  });
}

function isPlaceholder(name: string | undefined): name is Placeholder {
  return (PLACEHOLDERS as readonly (string | undefined)[]).includes(name);
}

function textOf(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === '' ? UNKNOWN : String(value);
}
