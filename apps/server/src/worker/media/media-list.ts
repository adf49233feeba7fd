import { readFileSync } from 'node:fs';

/** A kind of media, as ffmpeg distinguishes kinds. */
export interface MediaFamily {
  /** Names of ffmpeg's demuxers. */
  readonly demuxers: readonly string[];
  /** Extensions of the stored files, the usual one first, with their content types. */
  readonly types: Readonly<Record<string, string>>;
}

/** `engine/media-types.json`: what may be read and what may be stored, which is the same for media. */
export interface MediaList {
  readonly media: readonly MediaFamily[];
  readonly subtitles: readonly string[];
  readonly pictures: readonly string[];
  readonly notes: readonly string[];
}

const path = new URL('../../../engine/media-types.json', import.meta.url);

export const MEDIA_LIST = JSON.parse(readFileSync(path, 'utf8')) as MediaList;
