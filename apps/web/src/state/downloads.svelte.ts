import { ApiError, isTerminal, type Client, type Download } from '@artemis/contracts/client';
import { SteadyEta } from '../format/steady-eta.ts';

export interface Changes {
  readonly downloads: readonly Download[];
  readonly removed: readonly string[];
}

const HOT_KEPT = 400;
const COLD_KEPT = 8000;

/** The reactive face of one record: exists for rows that are on the screen or running. */
export class HotDownload {
  #record: Download;
  #version = $state(0);
  readonly #eta = new SteadyEta();
  #etaSeconds: number | null = null;

  constructor(record: Download) {
    this.#record = record;
    this.sync(record);
  }

  get record(): Download {
    void this.#version;
    return this.#record;
  }

  get etaSeconds(): number | null {
    void this.#version;
    return this.#etaSeconds;
  }

  sync(record: Download): void {
    const isTold = record.phase === 'downloading' && record.progress >= 1;
    this.#etaSeconds = this.#eta.next(isTold ? record.eta_seconds : null, Date.now());
    this.#record = record;
    this.#version += 1;
  }
}

/**
 * Every record this page has met. Plain objects; only rows that somebody looks at are reactive, so that ten
 * thousand of them cost nothing. Lists hear of changes after the records have them.
 */
export class Downloads {
  readonly #client: Client;
  readonly #cold = new Map<string, Download>();
  readonly #hot = new Map<string, HotDownload>();
  readonly #listeners = new Set<(changes: Changes) => void>();
  readonly #resets = new Set<() => void>();
  #rev: string | null = null;
  #leaving: ReadonlyMap<string, 'cancel' | 'remove'> = $state.raw(new Map());

  constructor(client: Client) {
    this.#client = client;
  }

  /** The revision up to which this page is informed; null when the lists have to be read. */
  get rev(): string | null {
    return this.#rev;
  }

  /** Rows that a person cancelled or removed and that can still be taken back. */
  get leaving(): ReadonlyMap<string, 'cancel' | 'remove'> {
    return this.#leaving;
  }

  get(id: string): Download | undefined {
    return this.#cold.get(id);
  }

  /** Records known to this page that have not ended. */
  active(): readonly Download[] {
    return [...this.#cold.values()].filter((record) => !isTerminal(record.status));
  }

  view(id: string): HotDownload | undefined {
    const known = this.#hot.get(id);
    if (known) {
      // Keeps the order of use, so that the oldest is the first to go.
      this.#hot.delete(id);
      this.#hot.set(id, known);
      return known;
    }
    const record = this.#cold.get(id);
    if (!record) return undefined;
    const hot = new HotDownload(record);
    this.#hot.set(id, hot);
    if (this.#hot.size > HOT_KEPT) {
      const oldest = this.#hot.keys().next();
      if (!oldest.done) this.#hot.delete(oldest.value);
    }
    return hot;
  }

  /** Takes records of a list answer; `rev` is remembered when none is known yet. */
  learn(records: readonly Download[], rev: string | null = null): void {
    for (const record of records) this.#store(record);
    if (this.#rev === null && rev !== null) this.#rev = rev;
    this.#trim();
  }

  apply(changes: Changes, rev: string | null = null): void {
    for (const record of changes.downloads) this.#store(record);
    for (const id of changes.removed) {
      this.#cold.delete(id);
      this.#hot.delete(id);
    }
    if (rev !== null) this.#rev = rev;
    for (const listener of this.#listeners) listener(changes);
  }

  /** Reads everything that changed since the last look. Resolves to the number of changed records. */
  async pull(signal?: AbortSignal): Promise<number> {
    let count = 0;
    while (this.#rev !== null) {
      try {
        const changes = await this.#client.listChanges(this.#rev, signal ? { signal } : {});
        this.apply(changes, changes.rev);
        count += changes.downloads.length + changes.removed.length;
        if (!changes.more) break;
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'REV_GONE') throw error;
        this.reset();
      }
    }
    return count;
  }

  /** Forgets the revision and lets every list read itself again. */
  reset(): void {
    this.#rev = null;
    for (const listener of this.#resets) listener();
  }

  onChange(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onReset(listener: () => void): () => void {
    this.#resets.add(listener);
    return () => this.#resets.delete(listener);
  }

  markLeaving(ids: readonly string[], how: 'cancel' | 'remove'): void {
    const next = new Map(this.#leaving);
    for (const id of ids) next.set(id, how);
    this.#leaving = next;
  }

  unmarkLeaving(ids: readonly string[]): void {
    const next = new Map(this.#leaving);
    for (const id of ids) next.delete(id);
    this.#leaving = next;
  }

  #store(record: Download): void {
    this.#cold.delete(record.id);
    this.#cold.set(record.id, record);
    this.#hot.get(record.id)?.sync(record);
  }

  #trim(): void {
    for (const id of this.#cold.keys()) {
      if (this.#cold.size <= COLD_KEPT) return;
      if (!this.#hot.has(id)) this.#cold.delete(id);
    }
  }
}
