import { extname } from 'node:path';
import type { ContainerHead } from './container-head.ts';
import { isPlayed, type ProbedMedia } from './probe.ts';

interface Family {
  /** As ffprobe names the container; the first of its words. */
  readonly format: string;
  /** Names under which it may go. */
  readonly extensions: readonly string[];
}

const FAMILIES: readonly Family[] = [
  { format: 'mov', extensions: ['mp4', 'm4v', 'm4a', 'mov', '3gp'] },
  { format: 'matroska', extensions: ['mkv', 'webm', 'mka'] },
  { format: 'mpegts', extensions: ['ts'] },
  { format: 'mpeg', extensions: ['mpg', 'mpeg'] },
  { format: 'mpegvideo', extensions: ['mpg', 'mpeg'] },
  { format: 'avi', extensions: ['avi'] },
  { format: 'flv', extensions: ['flv'] },
  { format: 'asf', extensions: ['wmv', 'wma'] },
  { format: 'ogg', extensions: ['ogg', 'oga', 'ogv', 'opus'] },
  { format: 'mp3', extensions: ['mp3'] },
  { format: 'aac', extensions: ['aac'] },
  { format: 'flac', extensions: ['flac'] },
  { format: 'wav', extensions: ['wav'] },
  { format: 'w64', extensions: ['wav'] },
  { format: 'amr', extensions: ['amr'] },
  { format: 'aiff', extensions: ['aiff'] },
];

/**
 * The extension of a file by what is in it: the one that it has when that names this kind of container, whatever a link
 * or a page made of it otherwise. Null: files of this kind are not kept.
 */
export function fittingExtension(
  media: ProbedMedia,
  head: ContainerHead | null,
  path: string,
): string | null {
  const format = media.formatName.split(',')[0];
  const family = FAMILIES.find((known) => known.format === format);
  if (family === undefined) return null;
  const extension = extname(path).slice(1);
  if (family.extensions.includes(extension.toLowerCase())) return extension;
  const hasPicture = media.streams.some(({ type }) => type === 'video');
  const codec = media.streams.find(isPlayed)?.codec;
  switch (format) {
    case 'mov':
      if (head?.isQuickTime === true) return 'mov';
      return hasPicture ? 'mp4' : 'm4a';
    case 'matroska':
      if (head?.isWebm === true) return 'webm';
      return hasPicture ? 'mkv' : 'mka';
    case 'asf':
      return hasPicture ? 'wmv' : 'wma';
    case 'ogg':
      if (hasPicture) return 'ogv';
      return codec === 'opus' ? 'opus' : 'ogg';
    default:
      return family.extensions[0] ?? null;
  }
}
