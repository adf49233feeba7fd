import { ApiError, type Client } from '@artemis/contracts/client';
import type { ProblemDetail, Selection } from '@artemis/contracts';
import { pickSelection } from '@artemis/contracts/rules';
import { createId } from '../browser/ids.ts';
import type { OutboxEntry } from '../storage/database.ts';
import type { BrowserStore } from './browser-store.svelte.ts';
import type { Downloads } from './downloads.svelte.ts';

const URLS_PER_ENTRY = 100;
const CLAIM_MS = 30_000;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 300_000;
const HINT_KEY = 'workspace-outbox-hint:v1';

/** Links that are downloaded in the same way. */
export interface Bundle {
  readonly urls: readonly string[];
  readonly selection: Selection;
}

/** Links that the server refused, each with the reason; null for one that shares the fate of others. */
export type Refused = ReadonlyMap<string, ProblemDetail | null>;

export interface SendResult {
  /** Links that the server has. */
  readonly taken: number;
  /** Links that wait in this browser for the server. */
  readonly kept: number;
  readonly duplicates: number;
  readonly refused: Refused;
  /** What the server said when it refused; null when it took or will take everything. */
  readonly error: unknown;
}

/** `urls` were kept for the server, which now says no. */
export type LateRefusalListener = (urls: Refused, error: ApiError) => void;

/**
 * Links on their way to the server. They are written down before they are sent, each bundle under a key that
 * makes a second sending harmless, so that neither a lost answer nor a closed tab loses or doubles them.
 */
export class Outbox {
  readonly #client: Client;
  readonly #store: BrowserStore;
  readonly #downloads: Downloads;
  #entries: readonly OutboxEntry[] = $state.raw([]);
  readonly #refusals = new Map<string, { urls: Refused; error: unknown }>();
  readonly #duplicates = new Map<string, number>();
  /** Added, and perhaps not in the database yet: reading it must not forget them. */
  readonly #unsaved = new Set<string>();
  /** Somebody waits for what becomes of them. */
  readonly #awaited = new Set<string>();
  #onLateRefusal: LateRefusalListener = () => undefined;
  #isDraining = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, store: BrowserStore, downloads: Downloads) {
    this.#client = client;
    this.#store = store;
    this.#downloads = downloads;
    store.onOtherTab((name) => {
      if (name === 'outbox') void this.#read();
    });
  }

  /** What is refused after `send` has answered that it is kept is told here: nobody would hear of it otherwise. */
  whenRefusedLate(listener: LateRefusalListener): void {
    this.#onLateRefusal = listener;
  }

  /** Bundles that wait, oldest first. */
  get entries(): readonly OutboxEntry[] {
    return this.#entries;
  }

  get waitingLinks(): number {
    return this.#entries.reduce((sum, entry) => sum + entry.urls.length, 0);
  }

  /** Looks for bundles of an earlier visit. Opens the database only when there are some. */
  async start(): Promise<void> {
    let hint: string | null = null;
    try {
      hint = localStorage.getItem(HINT_KEY);
    } catch {
      // Blocked storage has no bundles either.
    }
    if (hint === null) return;
    await this.#read();
    await this.drain();
  }

  async send(bundles: readonly Bundle[], force: boolean): Promise<SendResult> {
    const added = bundles.flatMap(({ urls, selection }) => entriesOf(urls, selection, force));
    for (const { clientId } of added) {
      this.#unsaved.add(clientId);
      this.#awaited.add(clientId);
    }
    this.#show([...this.#entries, ...added]);
    await this.#store.write('outbox', async (database) => {
      const { store, done } = database.transaction('outbox', 'readwrite');
      for (const entry of added) void store.put(entry);
      await done;
    });
    for (const { clientId } of added) this.#unsaved.delete(clientId);
    await this.drain();
    const refused = new Map<string, ProblemDetail | null>();
    let error: unknown = null;
    let kept = 0;
    let duplicates = 0;
    for (const { clientId } of added) {
      this.#awaited.delete(clientId);
      const waiting = this.#entries.find((entry) => entry.clientId === clientId);
      kept += waiting?.urls.length ?? 0;
      duplicates += this.#duplicates.get(clientId) ?? 0;
      const refusal = this.#refusals.get(clientId);
      for (const [url, why] of refusal?.urls ?? []) refused.set(url, why);
      error ??= refusal?.error ?? null;
      this.#refusals.delete(clientId);
      this.#duplicates.delete(clientId);
    }
    const sent = bundles.reduce((sum, { urls }) => sum + urls.length, 0);
    return { taken: sent - kept - refused.size, kept, duplicates, refused, error };
  }

  /** Sends what is due, oldest first, until nothing is left or the server does not take it now. */
  async drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    clearTimeout(this.#timer);
    try {
      for (;;) {
        const now = Date.now();
        const entry = this.#entries.find((one) => one.nextAt <= now);
        if (!entry || !(await this.#claim(entry))) break;
        if (!(await this.#try(entry))) break;
      }
    } finally {
      this.#isDraining = false;
    }
    const next = this.#entries.reduce((min, entry) => Math.min(min, entry.nextAt), Infinity);
    if (Number.isFinite(next)) {
      this.#timer = setTimeout(() => void this.drain(), Math.max(500, next - Date.now()));
    }
  }

  /** Tries again now, whatever the waiting time. */
  async retryNow(): Promise<void> {
    this.#show(this.#entries.map((entry) => ({ ...entry, nextAt: 0 })));
    await this.drain();
  }

  /** Takes everything that waits out and gives it back. */
  async takeBack(): Promise<readonly string[]> {
    const urls = this.#entries.flatMap((entry) => entry.urls);
    this.#show([]);
    await this.#store.remove('outbox', (database) => database.clear('outbox'));
    return urls;
  }

  /** True when the next bundle may be tried. */
  async #try(entry: OutboxEntry): Promise<boolean> {
    try {
      const answer = await this.#client.createDownloads(
        { urls: [...entry.urls], ...entry.recipe, ...(entry.force ? { force: true } : {}) },
        { idempotencyKey: entry.clientId },
      );
      this.#duplicates.set(entry.clientId, answer.duplicates.length);
      await this.#remove(entry.clientId);
      this.#downloads.apply({ downloads: answer.downloads, removed: [] });
      return true;
    } catch (error) {
      if (isRefusal(error)) {
        const urls = refusedUrls(error, entry.urls);
        if (this.#awaited.has(entry.clientId)) this.#refusals.set(entry.clientId, { urls, error });
        else this.#onLateRefusal(urls, error);
        await this.#remove(entry.clientId);
        return true;
      }
      const seconds = error instanceof ApiError ? error.retryAfterSeconds : null;
      const wait =
        seconds === null
          ? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** entry.tries)
          : seconds * 1000;
      const next: OutboxEntry = {
        ...entry,
        tries: entry.tries + 1,
        nextAt: Date.now() + wait,
        claimedUntil: 0,
        lastError:
          error instanceof ApiError && error.status !== 0
            ? (error.code ?? String(error.status))
            : null,
      };
      this.#show(this.#entries.map((one) => (one.clientId === entry.clientId ? next : one)));
      await this.#store.write('outbox', (database) => database.put('outbox', next));
      return false;
    }
  }

  /** One tab sends a bundle; the others leave it alone for a while. */
  async #claim(entry: OutboxEntry): Promise<boolean> {
    const now = Date.now();
    const isOurs = await this.#store.read(async (database) => {
      const { store, done } = database.transaction('outbox', 'readwrite');
      const stored = await store.get(entry.clientId);
      const isFree = stored !== undefined && stored.claimedUntil <= now;
      if (isFree) await store.put({ ...stored, claimedUntil: now + CLAIM_MS });
      await done;
      return stored === undefined ? 'gone' : isFree ? 'ours' : 'claimed';
    });
    // Without a database there is only this tab.
    if (isOurs === 'gone' && entry.tries > 0) {
      this.#show(this.#entries.filter((one) => one.clientId !== entry.clientId));
      return false;
    }
    return isOurs !== 'claimed';
  }

  async #remove(clientId: string): Promise<void> {
    this.#show(this.#entries.filter((entry) => entry.clientId !== clientId));
    await this.#store.remove('outbox', (database) => database.delete('outbox', clientId));
  }

  async #read(): Promise<void> {
    const all = await this.#store.read((database) => database.getAll('outbox'));
    if (!all) return;
    const stored = all.filter(({ clientId }) => !this.#unsaved.has(clientId));
    const unsaved = this.#entries.filter(({ clientId }) => this.#unsaved.has(clientId));
    this.#show([...stored, ...unsaved].sort((a, b) => a.createdAt - b.createdAt));
  }

  #show(entries: readonly OutboxEntry[]): void {
    this.#entries = entries;
    try {
      const oldest = entries[0]?.createdAt;
      if (oldest === undefined) localStorage.removeItem(HINT_KEY);
      else
        localStorage.setItem(HINT_KEY, JSON.stringify({ v: 1, count: this.waitingLinks, oldest }));
    } catch {
      // The hint only saves opening the database.
    }
  }
}

function entriesOf(urls: readonly string[], selection: Selection, force: boolean): OutboxEntry[] {
  const entries: OutboxEntry[] = [];
  for (let at = 0; at < urls.length; at += URLS_PER_ENTRY) {
    entries.push({
      clientId: createId(),
      urls: urls.slice(at, at + URLS_PER_ENTRY),
      recipe: pickSelection(selection),
      force,
      createdAt: Date.now(),
      tries: 0,
      nextAt: 0,
      claimedUntil: 0,
      lastError: null,
    });
  }
  return entries;
}

/** The server understood and said no: sending it again changes nothing. */
function isRefusal(error: unknown): error is ApiError {
  return (
    error instanceof ApiError &&
    error.status >= 400 &&
    error.status < 500 &&
    ![401, 429].includes(error.status)
  );
}

function refusedUrls({ problem }: ApiError, urls: readonly string[]): Refused {
  // All or nothing: the whole bundle was not taken, most only share the fate of others.
  const reasonOf = (place: number) => problem?.errors?.find(({ index }) => index === place) ?? null;
  return new Map(urls.map((url, place) => [url, reasonOf(place)]));
}
