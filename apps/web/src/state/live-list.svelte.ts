import type { Client, Download } from '@artemis/contracts/client';
import type { Sort, Status } from '@artemis/contracts/vocabulary';
import type { Changes, Downloads } from './downloads.svelte.ts';

export interface LiveListOptions {
  readonly statuses: readonly Status[];
  readonly sort: Sort;
  readonly limit: number;
  /** Order on the screen; negative puts `a` first. */
  readonly compare: (a: Download, b: Download) => number;
}

/** A short list by status that keeps itself right from changes, once it was read. */
export class LiveList {
  readonly #client: Client;
  readonly #downloads: Downloads;
  readonly #options: LiveListOptions;
  #ids: readonly string[] = $state.raw([]);
  #total = $state(0);
  #isLoaded = $state(false);
  readonly #stop: (() => void)[];

  constructor(client: Client, downloads: Downloads, options: LiveListOptions) {
    this.#client = client;
    this.#downloads = downloads;
    this.#options = options;
    this.#stop = [
      downloads.onChange((changes) => this.#change(changes)),
      downloads.onReset(() => void this.load().catch(() => undefined)),
    ];
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  /** How many the server had when the list was read; the telemetry has the figure of now. */
  get total(): number {
    return this.#total;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  async load(signal?: AbortSignal): Promise<void> {
    const { statuses, sort, limit } = this.#options;
    const list = await this.#client.listDownloads(
      { status: statuses, sort, limit },
      signal ? { signal } : {},
    );
    this.#downloads.learn(list.downloads, list.rev);
    this.#total = list.total;
    this.#isLoaded = true;
    this.#order(list.downloads.map((record) => record.id));
  }

  stop(): void {
    for (const stop of this.#stop) stop();
  }

  #change(changes: Changes): void {
    if (!this.#isLoaded) return;
    const ids = new Set(this.#ids);
    let isMoved = false;
    for (const record of changes.downloads) {
      const belongs = this.#options.statuses.includes(record.status);
      if (belongs !== ids.has(record.id)) isMoved = true;
      if (belongs) ids.add(record.id);
      else ids.delete(record.id);
    }
    for (const id of changes.removed) isMoved = ids.delete(id) || isMoved;
    if (isMoved) this.#order([...ids]);
    // A short list that lost rows may have more on the server.
    if (isMoved && ids.size < this.#options.limit / 2 && this.#total > this.#options.limit) {
      void this.load().catch(() => undefined);
    }
  }

  #order(ids: readonly string[]): void {
    const records = ids.flatMap((id) => this.#downloads.get(id) ?? []);
    records.sort(this.#options.compare);
    this.#ids = records.slice(0, this.#options.limit).map((record) => record.id);
  }
}

export function byNewestEnd(a: Download, b: Download): number {
  return (b.completed_at ?? b.updated_at).localeCompare(a.completed_at ?? a.updated_at);
}

export function byQueueOrder(a: Download, b: Download): number {
  return b.priority - a.priority || a.created_at.localeCompare(b.created_at);
}

export function byStart(a: Download, b: Download): number {
  return (a.started_at ?? a.created_at).localeCompare(b.started_at ?? b.created_at);
}
