/** The port to the records of all downloads, and what crosses it. */
import type { Download, Sort, Status, WaitingReason } from '@artemis/contracts';
import type { StoreHealth } from './ports.ts';
import type { Tally } from './tally.ts';

/** Without accounts everything belongs to this one. */
export const IMPLICIT_WORKSPACE = 'default';

/** A record, and what only the server knows of it. A value: it never changes. */
export interface StoredDownload {
  readonly workspace: string;
  readonly download: Download;
  /** Age: grows with each submission, also over restarts. */
  readonly order: number;
  readonly host: string;
  readonly tally: Tally;
  /** Names the attempt that runs it; null when none does. */
  readonly token: string | null;
  /** Rises with each change that is stored, and not with progress. */
  readonly version: number;
}

export interface Change {
  readonly patch: Partial<Omit<Download, 'id'>>;
  readonly tally?: Partial<Tally>;
  /** A record that leaves `running` loses its token by itself. */
  readonly token?: string | null;
}

export interface TransitionOptions {
  /** May be lost in a crash: resolves at once, and is stored a quarter of a second later or with the next change of this record. */
  readonly isSoon?: boolean;
  /** Refused as `full` when the record becomes active and the workspace would have more active ones than that. */
  readonly mostActive?: number;
}

export type Transition =
  | { readonly kind: 'stored'; readonly stored: StoredDownload }
  /** The record has another version by now. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'full' };

export interface Filter {
  readonly statuses?: ReadonlySet<Status> | null;
  /** In title, link, uploader or a tag, whatever the case. */
  readonly q?: string | null;
  readonly host?: string;
  readonly errorCode?: string;
  /** As it is stored. */
  readonly waitingFor?: WaitingReason;
  /** Entries of playlists alone. */
  readonly isEntry?: true;
}

export interface ListQuery extends Filter {
  readonly sort: Sort;
  readonly limit: number;
  readonly cursor: string | null;
  readonly offset: number;
}

export interface ListPage {
  readonly downloads: readonly Download[];
  readonly total: number;
  readonly nextCursor: string | null;
  /** Revision that the page is of, or an earlier one. */
  readonly rev: string;
}

export interface Changes {
  /** The oldest change first. */
  readonly downloads: readonly Download[];
  readonly removed: readonly string[];
  readonly rev: string;
  readonly hasMore: boolean;
}

export interface Counts {
  readonly byStatus: Readonly<Record<Status, number>>;
  /** What counts against the limit of the queue: a playlist once, and its entries not at all. */
  readonly active: number;
  readonly rev: string;
}

export interface NewDownload {
  readonly download: Download;
  /** The same for downloads that ask for the same thing. */
  readonly selectionKey: string;
}

export interface Idempotency {
  readonly key: string;
  readonly bodyHash: string;
}

export interface Submission {
  readonly downloads: readonly NewDownload[];
  /** What an active download asks for already is queued all the same. */
  readonly isForced: boolean;
  readonly mostActive: number;
  /** Within a day, the same key with the same body is answered with the records of the first time. */
  readonly idempotency: Idempotency | null;
}

export type Submitted =
  | {
      readonly kind: 'taken';
      /** In the order of the request, as they are now. */
      readonly downloads: readonly Download[];
      /** Those that are new with this call, the oldest first. */
      readonly fresh: readonly StoredDownload[];
      readonly duplicates: readonly string[];
      /** Asked for by the same key before, and forgotten since. */
      readonly removed: readonly string[];
    }
  | { readonly kind: 'full'; readonly count: number }
  /** The key was used for another body. */
  | { readonly kind: 'key-conflict' };

export type StoreChange =
  | {
      readonly kind: 'changed';
      readonly stored: StoredDownload;
      /** Nothing of it was stored. */
      readonly isProgress: boolean;
    }
  | { readonly kind: 'removed'; readonly id: string };

/**
 * All records; the only way to them. What is read is durable, but for progress. A call rejects when nothing could be
 * stored, and then has changed nothing. Calls for one record take effect in their order; calls of one turn share a write.
 */
export interface DownloadStore {
  /** What a request with this key was answered within the last day; null for a key that is new or forgotten. */
  recall(workspace: string, idempotency: Idempotency): Promise<Submitted | null>;
  /**
   * Stores what is new of a request, all or nothing: a full queue, a key used before, and links that an active download
   * asks for already are found in the same step. Durable when resolved, also for duplicates.
   */
  submit(workspace: string, submission: Submission): Promise<Submitted>;
  /** Stores the entries of a playlist, which no limit counts. Durable when resolved. */
  add(workspace: string, downloads: readonly Download[]): Promise<readonly StoredDownload[]>;
  get(workspace: string, id: string): Promise<StoredDownload | null>;
  /**
   * One page. A cursor holds the sort key of the last record, so pages stay right while records come and go.
   * @throws {RequestError} VALIDATION_FAILED for a cursor that is not one of this sort
   */
  list(workspace: string, query: ListQuery): Promise<ListPage>;
  /** All that match, the oldest first. */
  find(workspace: string, filter: Filter): Promise<readonly StoredDownload[]>;
  counts(workspace: string): Promise<Counts>;
  /** Null when `rev` is of another run, not a revision, or too old. At most `limit` records. */
  changesSince(workspace: string, rev: string, limit: number): Promise<Changes | null>;
  /**
   * Changes a record that is still as it was read. Durable when resolved.
   * @throws {Error} for a move that `status.ts` does not allow
   */
  transition(
    workspace: string,
    id: string,
    version: number,
    change: Change,
    options?: TransitionOptions,
  ): Promise<Transition>;
  /**
   * What is to be seen of a running attempt, which is not stored by itself; nothing when the record has another token by
   * now. An empty patch tells watchers and pollers to look again, whatever the token. Never rejects.
   */
  progress(
    workspace: string,
    id: string,
    token: string | null,
    patch: Partial<Download>,
  ): Promise<void>;
  /** Forgets records, whatever their status. Durable when resolved; idempotent. */
  remove(workspace: string, ids: readonly string[]): Promise<void>;
  /** Records for which this says true are not forgotten for the limit of the history, and take nobody's place in it. */
  protect(isProtected: (id: string) => boolean): void;
  /** Forgets what is beyond the limit already, as after a start with a lower one. */
  forgetSurplus(): Promise<void>;
  /** Calls back in the order of the changes, within the turn in which each takes effect. */
  watch(listener: (change: StoreChange) => void): () => void;
  /** Tries whether something could be stored now. Never rejects. */
  check(): Promise<StoreHealth>;
  health(): StoreHealth;
  /** Writes what `isSoon` has left. */
  close(): Promise<void>;
}
