import type { Client, Download } from '@artemis/contracts/client';
import type { Sort, Status } from '@artemis/contracts/vocabulary';
import type { Changes, Downloads } from './downloads.svelte.ts';

export interface ListQuery {
  readonly statuses: readonly Status[];
  readonly q: string;
  readonly sort: Sort;
}

export const PAGE = 200;
const PAGES_KEPT = 20;
const CALM_MS = 120;
const REREAD_MS = 1500;

/**
 * A list of any length whose rows are read in pages when they come into sight. The server filters and sorts.
 * A row that changes is drawn again by itself; one that comes, goes or changes its state makes the visible
 * pages be read again.
 */
export class WindowedList {
  readonly #client: Client;
  readonly #downloads: Downloads;
  readonly #pages = new Map<number, readonly string[]>();
  readonly #failed = new Set<number>();
  /** What decides where a record stands. */
  readonly #placeOf = new Map<string, string>();
  readonly #stop: (() => void)[];
  #query: ListQuery;
  #version = $state(0);
  #total: number | null = $state(null);
  #error: unknown = $state.raw(null);
  #first = 0;
  #last = 0;
  #generation = 0;
  #isLoading = false;
  #isStale = false;
  #calm: ReturnType<typeof setTimeout> | undefined;
  #rereadTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, downloads: Downloads, query: ListQuery) {
    this.#client = client;
    this.#downloads = downloads;
    this.#query = query;
    this.#stop = [
      downloads.onChange((changes) => this.#change(changes)),
      downloads.onReset(() => this.refresh()),
    ];
  }

  /** Rows that match; null until the first page was read. */
  get total(): number | null {
    return this.#total;
  }

  /** Why the last page could not be read; null when it could. */
  get error(): unknown {
    return this.#error;
  }

  get query(): ListQuery {
    return this.#query;
  }

  /** Null while the page of that row is not there. */
  idAt(index: number): string | null {
    void this.#version;
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  indexOf(id: string): number {
    for (const [page, ids] of this.#pages) {
      const at = ids.indexOf(id);
      if (at >= 0) return page * PAGE + at;
    }
    return -1;
  }

  ask(query: ListQuery): void {
    this.#query = query;
    this.#total = null;
    this.#first = 0;
    this.#last = 0;
    this.reload();
  }

  /** Says which rows are in sight. */
  see(first: number, last: number): void {
    this.#first = first;
    this.#last = last;
    clearTimeout(this.#calm);
    const isMissing = this.#wantedPages().some((page) => !this.#pages.has(page));
    // While somebody scrolls fast, no page on the way is read.
    if (isMissing) this.#calm = setTimeout(() => void this.#load(), CALM_MS);
  }

  reload(): void {
    this.#generation += 1;
    this.#isLoading = false;
    this.#pages.clear();
    this.#failed.clear();
    this.#placeOf.clear();
    void this.#load();
  }

  /** Reads what is in sight again, and what failed; the old rows stay until the new ones are there. */
  refresh(): void {
    this.#failed.clear();
    this.#isStale = true;
    void this.#rereadVisible();
  }

  stop(): void {
    clearTimeout(this.#calm);
    clearTimeout(this.#rereadTimer);
    for (const stop of this.#stop) stop();
  }

  #wantedPages(): number[] {
    const last = Math.floor(this.#last / PAGE);
    const pages: number[] = [];
    for (let page = Math.floor(this.#first / PAGE); page <= last; page += 1) pages.push(page);
    return pages;
  }

  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const generation = this.#generation;
    try {
      for (;;) {
        const page = this.#wantedPages().find(
          (wanted) => !this.#pages.has(wanted) && !this.#failed.has(wanted),
        );
        if (page === undefined) break;
        await this.#read(page, generation);
        if (generation !== this.#generation) return;
      }
    } finally {
      if (generation === this.#generation) {
        this.#isLoading = false;
        // What changed meanwhile is in no page that was read before.
        void this.#rereadVisible();
      }
    }
  }

  async #read(page: number, generation: number): Promise<void> {
    const { statuses, q, sort } = this.#query;
    try {
      const list = await this.#client.listDownloads({
        ...(statuses.length > 0 ? { status: statuses } : {}),
        ...(q === '' ? {} : { q }),
        sort,
        limit: PAGE,
        offset: page * PAGE,
      });
      if (generation !== this.#generation) return;
      this.#downloads.learn(list.downloads, list.rev);
      for (const record of list.downloads) this.#placeOf.set(record.id, placeOf(record));
      this.#pages.delete(page);
      this.#pages.set(
        page,
        list.downloads.map((record) => record.id),
      );
      this.#drop();
      this.#total = list.total;
      this.#error = null;
      this.#version += 1;
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#failed.add(page);
      this.#error = error;
      this.#total ??= 0;
    }
  }

  #drop(): void {
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT) return;
      for (const id of this.#pages.get(page) ?? []) this.#placeOf.delete(id);
      this.#pages.delete(page);
    }
  }

  #change(changes: Changes): void {
    let isMoved = changes.removed.some((id) => this.#placeOf.has(id));
    for (const record of changes.downloads) {
      const before = this.#placeOf.get(record.id);
      const place = placeOf(record);
      const { statuses } = this.#query;
      const belongs = statuses.length === 0 || statuses.includes(record.status);
      if (before === undefined ? belongs : before !== place) isMoved = true;
      if (before !== undefined) this.#placeOf.set(record.id, place);
    }
    if (!isMoved) return;
    this.#isStale = true;
    this.#rereadTimer ??= setTimeout(() => {
      this.#rereadTimer = undefined;
      void this.#rereadVisible();
    }, REREAD_MS);
  }

  /** Reads the pages in sight again while their old rows stay on the screen. */
  async #rereadVisible(): Promise<void> {
    if (!this.#isStale || this.#isLoading) return;
    this.#isStale = false;
    this.#isLoading = true;
    const generation = this.#generation;
    const visible = this.#wantedPages();
    for (const page of this.#pages.keys()) if (!visible.includes(page)) this.#pages.delete(page);
    for (const page of visible) {
      await this.#read(page, generation);
      if (generation !== this.#generation) return;
    }
    this.#isLoading = false;
    // Scrolled meanwhile, or changed again.
    void this.#load();
  }
}

function placeOf(record: Download): string {
  return `${record.status} ${record.priority}`;
}
