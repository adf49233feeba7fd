import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Selection } from '@artemis/contracts';
import type { HistoryEntry } from '../history/history-merge.ts';

/** Links that were accepted by this page and not yet by the server. */
export interface OutboxEntry {
  readonly clientId: string;
  readonly urls: readonly string[];
  /** The selection, under the name that entries of earlier pages have. */
  readonly recipe: Selection;
  readonly force: boolean;
  readonly createdAt: number;
  readonly tries: number;
  readonly nextAt: number;
  /** Until then another tab may be sending it. */
  readonly claimedUntil: number;
  readonly lastError: string | null;
}

/** Text that was put aside before it was sent. */
export interface Draft {
  readonly id: string;
  readonly text: string;
  /** The selection, under the name that drafts and backups of earlier pages have. */
  readonly recipe: Selection;
  readonly createdAt: number;
}

export interface StoredSample {
  readonly at: number;
  readonly bps: number;
}

export interface PlayerPosition {
  readonly id: string;
  readonly seconds: number;
  readonly at: number;
}

export interface ArtemisSchema extends DBSchema {
  drafts: { key: string; value: Draft };
  outbox: { key: string; value: OutboxEntry; indexes: { nextAt: number } };
  history: {
    key: string;
    value: HistoryEntry;
    indexes: { finishedAt: string; key: string };
  };
  samples: { key: number; value: StoredSample };
  player: { key: string; value: PlayerPosition; indexes: { at: number } };
}

export type Database = IDBPDatabase<ArtemisSchema>;

/** Steps only add things, because an older page may still be open in another tab. */
export function openDatabase(onOtherVersion: () => void): Promise<Database> {
  return openDB<ArtemisSchema>('artemis', 1, {
    upgrade(database, oldVersion) {
      if (oldVersion < 1) {
        database.createObjectStore('drafts', { keyPath: 'id' });
        database
          .createObjectStore('outbox', { keyPath: 'clientId' })
          .createIndex('nextAt', 'nextAt');
        const history = database.createObjectStore('history', { keyPath: 'id' });
        history.createIndex('finishedAt', 'finishedAt');
        history.createIndex('key', 'key');
        database.createObjectStore('samples', { keyPath: 'at' });
        database.createObjectStore('player', { keyPath: 'id' }).createIndex('at', 'at');
      }
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase | null)?.close();
      onOtherVersion();
    },
  });
}

export function isQuotaError(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError';
}
