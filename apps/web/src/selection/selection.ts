import type { Selection } from '@artemis/contracts';
import {
  DEFAULT_QUALITY,
  FORMAT_PRESETS,
  QUALITIES,
  type FormatPreset,
  type Quality,
} from '@artemis/contracts/vocabulary';
import { isRecord } from '../storage/cell.ts';

export function isFormatPreset(value: unknown): value is FormatPreset {
  return (FORMAT_PRESETS as readonly unknown[]).includes(value);
}

export function isQuality(value: unknown): value is Quality {
  return (QUALITIES as readonly unknown[]).includes(value);
}

/** A selection out of stored or imported text; null when it names nothing the server knows. */
export function parseSelection(body: unknown): Selection | null {
  if (!isRecord(body) || !isFormatPreset(body['format_preset'])) return null;
  return {
    format_preset: body['format_preset'],
    quality: isQuality(body['quality']) ? body['quality'] : DEFAULT_QUALITY,
    // The server checks every option and names the one it does not take.
    options: isRecord(body['options']) ? body['options'] : {},
  };
}

export function isSameSelection(a: Selection, b: Selection): boolean {
  return (
    a.format_preset === b.format_preset &&
    a.quality === b.quality &&
    stable(a.options) === stable(b.options)
  );
}

/** The same kind of media, whatever the site offers of it. */
export function withoutPreference({ format_preset, options }: Selection): Selection {
  const { format_id: _format, prefer_codec: _codec, container: _container, ...rest } = options;
  return { format_preset, quality: DEFAULT_QUALITY, options: rest };
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function takesQuality(preset: FormatPreset): boolean {
  return preset !== 'Audio only' && preset !== 'Playlist (flat)';
}

export function takesSound(preset: FormatPreset): boolean {
  return preset !== 'Playlist (flat)';
}

export function takesAudioCodec(preset: FormatPreset): boolean {
  return preset === 'Audio only';
}
