import type { HistoryEntry } from '../history/history-merge.ts';
import { isRecord } from './cell.ts';
import type { Draft } from './database.ts';
import { parsePreset, type Preset } from './presets-cell.ts';

/** Everything of this browser as one file, also to carry it to another address of the same server. */
export interface Backup {
  readonly kind: 'artemis-browser-backup';
  readonly version: 1;
  readonly madeAt: string;
  readonly settings: unknown;
  readonly presets: readonly Preset[];
  readonly history: readonly HistoryEntry[];
  readonly drafts: readonly Draft[];
}

export type BackupParts = Pick<Backup, 'presets' | 'history' | 'drafts'> & {
  readonly settings: Record<string, unknown> | null;
};

/** The usable content of a file; null when it is no backup. Entries of another shape are left out. */
export function parseBackup(text: string): BackupParts | null {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(body) || body['kind'] !== 'artemis-browser-backup') return null;
  return {
    settings: isRecord(body['settings']) ? body['settings'] : null,
    presets: listOf(body['presets']).flatMap((item) => parsePreset(item) ?? []),
    history: listOf(body['history']).filter(isHistoryEntry),
    drafts: listOf(body['drafts']).filter(isDraft),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isHistoryEntry(value: unknown): value is HistoryEntry {
  if (!isRecord(value)) return false;
  const texts = ['id', 'instance', 'url', 'key', 'title', 'host', 'finishedAt', 'state'];
  return texts.every((name) => typeof value[name] === 'string');
}

function isDraft(value: unknown): value is Draft {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['text'] === 'string';
}
