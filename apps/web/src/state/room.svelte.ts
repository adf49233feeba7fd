import type { Client } from '@artemis/contracts/client';
import type { Downloads } from './downloads.svelte.ts';
import { byNewestEnd, byQueueOrder, byStart, LiveList } from './live-list.svelte.ts';

/** The short lists of the control room, kept right from changes once they were read. */
export class Room {
  readonly running: LiveList;
  readonly waiting: LiveList;
  readonly failed: LiveList;
  readonly landed: LiveList;
  readonly #lists: readonly LiveList[];

  constructor(client: Client, downloads: Downloads) {
    const list = (options: ConstructorParameters<typeof LiveList>[2]): LiveList =>
      new LiveList(client, downloads, options);
    this.running = list({ statuses: ['running'], sort: '-created', limit: 50, compare: byStart });
    this.waiting = list({
      statuses: ['queued', 'paused'],
      sort: 'queue',
      limit: 20,
      compare: byQueueOrder,
    });
    this.failed = list({ statuses: ['failed'], sort: '-created', limit: 50, compare: byNewestEnd });
    this.landed = list({
      statuses: ['completed'],
      sort: '-created',
      limit: 50,
      compare: byNewestEnd,
    });
    this.#lists = [this.running, this.waiting, this.failed, this.landed];
  }

  /** All of them were read. */
  get isLoaded(): boolean {
    return this.#lists.every((list) => list.isLoaded);
  }

  /** Rejects when one of them could not be read. */
  async load(): Promise<void> {
    await Promise.all(this.#lists.map((list) => list.load()));
  }
}
