import { extname } from 'node:path';
import type { ContainerHead } from './container-head.ts';
import { MEDIA_LIST } from './media-list.ts';
import { isPlayed, type MeasuredMedia } from './ffprobe.ts';

/**
 * The extension that fits the content of a file: its present one if that names this kind of container, otherwise the usual one.
 * Null: files of this kind are not stored.
 */
export function fittingExtension(
  media: MeasuredMedia,
  head: ContainerHead | null,
  path: string,
): string | null {
  const format = media.formatName.split(',')[0];
  const family = MEDIA_LIST.media.find(({ demuxers }) => demuxers.includes(format ?? ''));
  if (family === undefined) return null;
  const extensions = Object.keys(family.types);
  const extension = extname(path).slice(1);
  if (extensions.includes(extension.toLowerCase())) return extension;
  const hasPicture = media.streams.some(({ type }) => type === 'video');
  const codec = media.streams.find(isPlayed)?.codec;
  switch (format) {
    case 'mov':
      if (head?.isQuickTime === true) return 'mov';
      return hasPicture ? 'mp4' : 'm4a';
    case 'matroska':
      if (head?.isWebm === true) return 'webm';
      return hasPicture ? 'mkv' : 'mka';
    case 'mp3':
      return codec === 'mp2' ? 'mp2' : 'mp3';
    case 'asf':
      return hasPicture ? 'wmv' : 'wma';
    case 'ogg':
      if (hasPicture) return 'ogv';
      return codec === 'opus' ? 'opus' : 'ogg';
    default:
      return extensions[0] ?? null;
  }
}
