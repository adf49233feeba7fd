import { isTerminal, type Client, type Download } from '@artemis/contracts/client';
import type { HistoryEntry } from '../history/history-merge.ts';
import type { BrowserStore } from './browser-store.svelte.ts';
import type { Downloads } from './downloads.svelte.ts';
import type { TelemetryState } from './telemetry.svelte.ts';

const SERVER_LIST = 200;
const KEPT = 50_000;
const BLOCK = 1000;
/** Not a part of the first screen. */
const loadMerge = () => import('../history/history-merge.ts');

/** Ended downloads as this browser remembers them: longer than the server, and there when it is not. */
export class LocalHistory {
  readonly #client: Client;
  readonly #store: BrowserStore;
  readonly #downloads: Downloads;
  readonly #telemetry: TelemetryState;
  #entries: readonly HistoryEntry[] = $state.raw([]);
  #isRead = $state(false);
  #hasGap = $state(false);
  #readers = 0;

  constructor(
    client: Client,
    store: BrowserStore,
    downloads: Downloads,
    telemetry: TelemetryState,
  ) {
    this.#client = client;
    this.#store = store;
    this.#downloads = downloads;
    this.#telemetry = telemetry;
    downloads.onChange((changes) => void this.#take(changes.downloads, changes.removed));
    downloads.onReset(() => void this.mergeServer());
    store.onOtherTab((name) => {
      if (name === 'history' && this.#readers > 0) void this.#readAll();
    });
  }

  /** Newest first. Empty until somebody `open`s it. */
  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  get isRead(): boolean {
    return this.#isRead;
  }

  get hasGap(): boolean {
    return this.#hasGap;
  }

  /** Reads the history into memory for as long as somebody looks at it; the answer lets it go. */
  open(): () => void {
    this.#readers += 1;
    if (this.#readers === 1) void this.#readAll();
    return () => {
      this.#readers -= 1;
      if (this.#readers > 0) return;
      this.#entries = [];
      this.#isRead = false;
    };
  }

  /** Ended downloads whose link means the same as this. */
  async findByKey(key: string): Promise<HistoryEntry | null> {
    const found = await this.#store.read((database) =>
      database.getFromIndex('history', 'key', key),
    );
    return found ?? null;
  }

  async count(): Promise<number> {
    return (await this.#store.read((database) => database.count('history'))) ?? 0;
  }

  /** Joins the newest ended records of the server with what is here. */
  async mergeServer(): Promise<void> {
    const instance = this.#telemetry.value?.instance_id;
    if (instance === undefined) return;
    try {
      const list = await this.#client.listDownloads({
        status: ['completed', 'failed', 'cancelled'],
        limit: SERVER_LIST,
      });
      this.#downloads.learn(list.downloads, list.rev);
      const at = Date.now();
      const { mergeHistory, toHistoryEntry } = await loadMerge();
      const server = list.downloads.flatMap((record) => toHistoryEntry(record, instance, at) ?? []);
      const local = (await this.#newest(SERVER_LIST * 2)) ?? [];
      const { writes, hasGap } = mergeHistory(local, server, {
        instance,
        isComplete: list.total <= list.downloads.length,
      });
      this.#hasGap = hasGap;
      await this.put(writes);
    } catch {
      // What this browser has is shown; the next connection merges.
    }
  }

  /** Writes entries of a merge or a backup. */
  async put(entries: readonly HistoryEntry[]): Promise<boolean> {
    let isKept = true;
    for (let at = 0; at < entries.length; at += BLOCK) {
      const block = entries.slice(at, at + BLOCK);
      isKept = await this.#store.write('history', async (database) => {
        const { store, done } = database.transaction('history', 'readwrite');
        for (const entry of block) void store.put(entry);
        await done;
      });
    }
    if (this.#readers > 0 && entries.length > 0) this.#show(entries);
    return isKept;
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#store.write('history', async (database) => {
      const { store, done } = database.transaction('history', 'readwrite');
      for (const id of ids) void store.delete(id);
      await done;
    });
    const gone = new Set(ids);
    this.#entries = this.#entries.filter((entry) => !gone.has(entry.id));
  }

  async clear(): Promise<void> {
    await this.#store.write('history', (database) => database.clear('history'));
    this.#entries = [];
  }

  async #take(records: readonly Download[], removed: readonly string[]): Promise<void> {
    const instance = this.#telemetry.value?.instance_id;
    if (instance === undefined) return;
    const isAnyEnded = records.some((record) => isTerminal(record.status));
    if (!isAnyEnded && removed.length === 0) return;
    const at = Date.now();
    const { toHistoryEntry } = await loadMerge();
    const ended = records.flatMap((record) => toHistoryEntry(record, instance, at) ?? []);
    if (removed.length > 0) {
      const known = await this.#store.read((database) =>
        Promise.all(removed.map((id) => database.get('history', id))),
      );
      for (const entry of known ?? []) {
        if (entry)
          ended.push({ ...entry, state: 'removed-on-server', path: null, seenOnServerAt: null });
      }
    }
    if (ended.length > 0) await this.put(ended);
  }

  #newest(limit: number): Promise<HistoryEntry[] | null> {
    return this.#store.read(async (database) => {
      const entries: HistoryEntry[] = [];
      const index = database.transaction('history').store.index('finishedAt');
      let cursor = await index.openCursor(null, 'prev');
      while (cursor && entries.length < limit) {
        entries.push(cursor.value);
        cursor = await cursor.continue();
      }
      return entries;
    });
  }

  /** The newest page at once, then all of it. */
  async #readAll(): Promise<void> {
    const first = await this.#newest(SERVER_LIST);
    this.#entries = first ?? [];
    const all = await this.#store.read((database) =>
      database.getAllFromIndex('history', 'finishedAt'),
    );
    if (all) this.#entries = all.reverse();
    this.#isRead = true;
    if (all && all.length > KEPT) await this.forget(all.slice(KEPT).map((entry) => entry.id));
  }

  #show(changed: readonly HistoryEntry[]): void {
    const byId = new Map(this.#entries.map((entry) => [entry.id, entry]));
    for (const entry of changed) byId.set(entry.id, entry);
    this.#entries = [...byId.values()].sort((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1));
  }
}
