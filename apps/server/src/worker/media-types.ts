import type { ArtifactKind } from '@artemis/contracts';

interface MediaType {
  readonly kind: ArtifactKind;
  readonly contentType: string;
}

const media = (contentType: string): MediaType => ({ kind: 'media', contentType });

/**
 * What may be kept, by extension. Everything else a site could name is refused: a file in the downloads folder
 * is opened with a double click, and some extensions are programs.
 */
const TYPES: Readonly<Record<string, MediaType>> = {
  mp4: media('video/mp4'),
  m4v: media('video/mp4'),
  mkv: media('video/x-matroska'),
  webm: media('video/webm'),
  mov: media('video/quicktime'),
  avi: media('video/x-msvideo'),
  ogv: media('video/ogg'),
  mpg: media('video/mpeg'),
  mpeg: media('video/mpeg'),
  flv: media('video/x-flv'),
  '3gp': media('video/3gpp'),
  ts: media('video/mp2t'),
  wmv: media('video/x-ms-wmv'),
  m4a: media('audio/mp4'),
  mka: media('audio/x-matroska'),
  mp3: media('audio/mpeg'),
  opus: media('audio/ogg'),
  ogg: media('audio/ogg'),
  oga: media('audio/ogg'),
  flac: media('audio/flac'),
  wav: media('audio/wav'),
  aac: media('audio/aac'),
  amr: media('audio/amr'),
  aiff: media('audio/aiff'),
  wma: media('audio/x-ms-wma'),
  vtt: { kind: 'subtitle', contentType: 'text/vtt; charset=utf-8' },
  srt: { kind: 'subtitle', contentType: 'application/x-subrip; charset=utf-8' },
  jpg: { kind: 'thumbnail', contentType: 'image/jpeg' },
  json: { kind: 'info', contentType: 'application/json' },
};

/** By the last extension of a name, whatever its case; null: a file of this type is not kept. */
export function mediaTypeOf(name: string): MediaType | null {
  const dot = name.lastIndexOf('.');
  const extension = name.slice(dot + 1).toLowerCase();
  return dot > 0 && Object.hasOwn(TYPES, extension) ? (TYPES[extension] ?? null) : null;
}

/** Of text in another encoding than the one that its type names. */
export function withoutEncoding(contentType: string): string {
  return contentType.replace(/;.*/, '');
}
