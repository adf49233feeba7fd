import type { ArtifactKind } from '@artemis/contracts';
import { MEDIA_LIST } from './media-list.ts';

interface MediaType {
  readonly kind: ArtifactKind;
  readonly contentType: string;
}

/**
 * What may be kept, by extension. Everything else a site could name is refused: a file in the downloads folder
 * is opened with a double click, and some extensions are programs.
 */
const TYPES: Readonly<Record<string, MediaType>> = {
  ...Object.fromEntries(
    MEDIA_LIST.media
      .flatMap(({ types }) => Object.entries(types))
      .map(([extension, contentType]) => [extension, { kind: 'media' as const, contentType }]),
  ),
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
