import type { PlaylistEntry, ProbedPlaylist, Selection } from '@artemis/contracts';
import { ApiError, type Client } from '@artemis/contracts/client';
import { probeRequest } from './probes.svelte.ts';

const LONGEST_WAIT_SECONDS = 10;

/** The entries of a playlist, page after page, until all are there or somebody says stop. */
export class PlaylistReader {
  readonly #client: Pick<Client, 'createProbe'>;
  readonly #selection: Selection;
  readonly #url: string;
  #entries: readonly PlaylistEntry[] = $state.raw([]);
  #cursor: string | null = $state(null);
  #total: number | null = $state(null);
  #error: unknown = $state.raw(null);
  #reading: AbortController | null = $state.raw(null);

  constructor(
    client: Pick<Client, 'createProbe'>,
    url: string,
    selection: Selection,
    first: ProbedPlaylist,
  ) {
    this.#client = client;
    this.#url = url;
    this.#selection = selection;
    this.#take(first);
  }

  get entries(): readonly PlaylistEntry[] {
    return this.#entries;
  }

  /** Entries of the whole list; of what was read when the site does not say. */
  get total(): number {
    const read = this.#entries.at(-1)?.index ?? 0;
    return Math.max(read, this.isComplete ? 0 : (this.#total ?? 0));
  }

  get isComplete(): boolean {
    return this.#cursor === null;
  }

  get isReading(): boolean {
    return this.#reading !== null;
  }

  /** Why the last page could not be read; null when it could. */
  get error(): unknown {
    return this.#error;
  }

  /** Goes on where it stopped. Resolves when it ends; never rejects. */
  async read(): Promise<void> {
    if (this.#reading) return;
    const abort = new AbortController();
    this.#reading = abort;
    this.#error = null;
    try {
      while (this.#cursor !== null && !abort.signal.aborted) await this.#readPage(abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) this.#error = error;
    } finally {
      if (this.#reading === abort) this.#reading = null;
    }
  }

  stop(): void {
    this.#reading?.abort();
    this.#reading = null;
  }

  async #readPage(signal: AbortSignal): Promise<void> {
    const request = { ...probeRequest(this.#url, this.#selection), cursor: this.#cursor ?? '1' };
    try {
      const page = await this.#client.createProbe(request, { signal });
      if (signal.aborted) return;
      if (page.kind === 'playlist') this.#take(page);
      else this.#cursor = null;
    } catch (error) {
      const seconds = error instanceof ApiError ? error.retryAfterSeconds : null;
      if (seconds === null || signal.aborted) throw error;
      await new Promise((resolve) =>
        setTimeout(resolve, Math.min(seconds, LONGEST_WAIT_SECONDS) * 1000),
      );
    }
  }

  #take(page: ProbedPlaylist): void {
    const last = this.#entries.at(-1)?.index ?? 0;
    const fresh = page.entries.filter((entry) => entry.index > last);
    this.#entries = [...this.#entries, ...fresh];
    this.#total = page.entry_count ?? this.#total;
    // A page without a new entry would be asked for again and again.
    this.#cursor = fresh.length === 0 ? null : page.next_cursor;
  }
}
