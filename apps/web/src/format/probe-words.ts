import type { ProbedFormat, ProbedMedia } from '@artemis/contracts';
import type { Formatter } from './format.ts';

/** The formats that the selection of the probe would take. */
export function pickedFormats(probe: ProbedMedia): readonly ProbedFormat[] {
  return probe.picks.flatMap((id) => probe.formats.find((format) => format.format_id === id) ?? []);
}

/** Bytes of all of them, with `~` when one is an estimate; null when one is not known. */
export function sizeText(formats: readonly ProbedFormat[], format: Formatter): string | null {
  let bytes = 0;
  for (const { filesize } of formats) {
    if (filesize === null) return null;
    bytes += filesize;
  }
  if (bytes === 0) return null;
  const isExact = formats.every((one) => one.is_filesize_exact);
  return `${isExact ? '' : '~'}${format.bytes(bytes)}`;
}

/** Picture and codecs of what is taken, such as `1080p · av1 + opus`. */
export function pictureText(formats: readonly ProbedFormat[]): string {
  const height = Math.max(0, ...formats.map((format) => format.height ?? 0));
  const codecs = [...new Set(formats.flatMap((format) => [format.vcodec, format.acodec]))].filter(
    (codec) => codec !== null,
  );
  return [height > 0 ? `${height}p` : '', codecs.map(shortCodec).join(' + ')]
    .filter((part) => part !== '')
    .join(' · ');
}

/** `avc1.64001f` means nothing to most people; the part before the dot does. */
export function shortCodec(codec: string): string {
  const family = codec.split('.')[0] ?? codec;
  const names: Readonly<Record<string, string>> = {
    avc1: 'h264',
    hvc1: 'h265',
    hev1: 'h265',
    av01: 'av1',
    vp09: 'vp9',
    mp4a: 'aac',
  };
  return names[family] ?? family;
}
