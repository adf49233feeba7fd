import type { ArtifactKind } from '@artemis/contracts';
import { MEDIA_LIST } from './media-list.ts';

interface MediaType {
  readonly kind: ArtifactKind;
  readonly contentType: string;
}

/**
 * The types of files that may be stored, by extension. All others are refused: people open files in the downloads folder with a
 * double click, and some extensions are programs.
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

/** The type for the last extension of a name, in any case; null: such files are not stored. */
export function mediaTypeOf(name: string): MediaType | null {
  const dot = name.lastIndexOf('.');
  const extension = name.slice(dot + 1).toLowerCase();
  return dot > 0 && Object.hasOwn(TYPES, extension) ? (TYPES[extension] ?? null) : null;
}

/** The content type without its encoding, for text in another encoding. */
export function withoutEncoding(contentType: string): string {
  return contentType.replace(/;.*/, '');
}
