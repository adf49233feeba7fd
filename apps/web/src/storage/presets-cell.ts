import type { Selection } from '@artemis/contracts';
import { createId } from '../browser/ids.ts';
import { parseSelection } from '../selection/selection.ts';
import { createCell, isRecord, type Cell } from './cell.ts';

/** A name of this browser for what the server is asked. */
export interface Preset extends Selection {
  readonly id: string;
  readonly name: string;
}

export interface PresetsBody {
  readonly rev: number;
  readonly updatedAt: string;
  readonly items: readonly Preset[];
  /** Ids in the order of the list; what is missing comes last. */
  readonly order: readonly string[];
  readonly lastUsedId: string | null;
}

export const MAX_PRESETS = 200;

export function createPresetsCell(names: StarterNames, storage?: () => Storage): Cell<PresetsBody> {
  return createCell<PresetsBody>(
    {
      key: 'workspace-presets:v1',
      version: 1,
      maxCharacters: 262_144,
      fallback: () => createStarterBody(new Date(), names),
      // Before there was a version in the body, the value was the bare list.
      migrations: { 0: (body) => (Array.isArray(body) ? { v: 1, items: body } : body) },
      parse: parseBody,
    },
    storage,
  );
}

function parseBody(body: unknown): PresetsBody | null {
  if (!isRecord(body) || !Array.isArray(body['items'])) return null;
  const items = body['items'].flatMap((item: unknown) => parsePreset(item) ?? []);
  const order = Array.isArray(body['order'])
    ? body['order'].filter((id): id is string => typeof id === 'string')
    : [];
  const lastUsedId = body['lastUsedId'];
  return {
    ...body,
    rev: typeof body['rev'] === 'number' ? body['rev'] : 0,
    updatedAt:
      typeof body['updatedAt'] === 'string' ? body['updatedAt'] : new Date(0).toISOString(),
    items: items.slice(0, MAX_PRESETS),
    order,
    lastUsedId: typeof lastUsedId === 'string' ? lastUsedId : null,
  };
}

/** A preset out of stored or imported text; fields that this page does not know stay on it. */
export function parsePreset(item: unknown): Preset | null {
  const selection = parseSelection(item);
  if (!selection || !isRecord(item) || typeof item['name'] !== 'string') return null;
  const name = item['name'].trim().slice(0, 80);
  if (name === '') return null;
  return {
    ...item,
    ...selection,
    name,
    id: typeof item['id'] === 'string' ? item['id'] : createId(),
  };
}

type StarterName = 'best' | 'archive' | 'phone' | 'podcast' | 'evidence' | 'playlist';
/** In the language of the first visit; from then on they are presets like any other. */
export type StarterNames = Readonly<Record<StarterName, string>>;

const STARTERS: readonly (Selection & { readonly name: StarterName })[] = [
  { name: 'best', format_preset: 'Smart (best combined)', quality: 'best', options: {} },
  {
    name: 'archive',
    format_preset: 'Smart (best combined)',
    quality: '1080p',
    options: {
      container: 'mkv',
      embed_metadata: true,
      embed_chapters: true,
      embed_thumbnail: true,
    },
  },
  {
    name: 'phone',
    format_preset: 'Video + Audio (muxed)',
    quality: '720p',
    options: { prefer_codec: 'h264' },
  },
  {
    name: 'podcast',
    format_preset: 'Audio only',
    quality: 'best',
    options: { audio_codec: 'mp3', embed_metadata: true, embed_thumbnail: true },
  },
  {
    name: 'evidence',
    format_preset: 'Subtitle + metadata',
    quality: 'best',
    options: { write_info: true, write_thumbnail: true },
  },
  { name: 'playlist', format_preset: 'Playlist (flat)', quality: 'best', options: {} },
];

export function createStarterBody(now: Date, names: StarterNames): PresetsBody {
  const items = STARTERS.map((starter) => ({
    id: createId(),
    ...starter,
    name: names[starter.name],
  }));
  return {
    rev: 1,
    updatedAt: now.toISOString(),
    items,
    order: items.map((item) => item.id),
    lastUsedId: null,
  };
}
