import { askToPersist } from '../browser/persist.ts';
import type { Database } from '../storage/database.ts';

/**
 * The database of this browser, opened when it is first wanted. Every use resolves to null where the browser
 * has none (private windows, blocked storage): the page then works without memory.
 */
export class BrowserStore {
  #database: Promise<Database | null> | null = null;
  #isFull = $state(false);
  #isReplaced = $state(false);
  readonly #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('artemis:v1') : null;
  readonly #listeners = new Set<(store: string) => void>();

  constructor() {
    this.#channel?.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (typeof event.data === 'string')
        for (const listener of this.#listeners) listener(event.data);
    });
  }

  /** The last write did not fit, even after making space. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** A newer page in another tab took the database over. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  /** Calls back when another tab changed a store. */
  onOtherTab(listener: (store: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async read<T>(use: (database: Database) => Promise<T>): Promise<T | null> {
    const database = await this.#open();
    if (!database) return null;
    try {
      return await use(database);
    } catch {
      return null;
    }
  }

  /** Writes and tells the other tabs. False when it was not kept. When storage is full it makes room once. */
  async write(store: string, use: (database: Database) => Promise<unknown>): Promise<boolean> {
    const database = await this.#open();
    if (!database) return false;
    const { isQuotaError } = await import('../storage/database.ts');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        await use(database);
        this.#isFull = false;
        if (store === 'drafts' || store === 'outbox') askToPersist();
        this.#channel?.postMessage(store);
        return true;
      } catch (error) {
        if (!isQuotaError(error)) return false;
        await this.makeRoom(database);
      }
    }
    this.#isFull = true;
    return false;
  }

  /** Removes entries and tells the other tabs. Needs no space, so it does not change whether storage is full. */
  async remove(store: string, use: (database: Database) => Promise<unknown>): Promise<boolean> {
    const isDone = await this.read(async (database) => {
      await use(database);
      return true;
    });
    if (isDone !== true) return false;
    this.#channel?.postMessage(store);
    return true;
  }

  /** Removes what can be fetched again, then the oldest tenth of the history; never drafts or the outbox. */
  async makeRoom(database: Database): Promise<void> {
    await database.clear('samples');
    await database.clear('player');
    const total = await database.count('history');
    let left = Math.ceil(total / 10);
    let cursor = await database
      .transaction('history', 'readwrite')
      .store.index('finishedAt')
      .openCursor();
    while (cursor && left > 0) {
      await cursor.delete();
      left -= 1;
      cursor = await cursor.continue();
    }
  }

  #open(): Promise<Database | null> {
    this.#database ??= import('../storage/database.ts')
      .then(({ openDatabase }) =>
        openDatabase(() => {
          this.#isReplaced = true;
        }),
      )
      .catch(() => null);
    return this.#database;
  }
}
