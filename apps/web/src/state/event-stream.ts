import type { Download, StreamEventData, StreamEventName } from '@artemis/contracts';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Downloads } from './downloads.svelte.ts';
import { hasPlaces, inPlace } from './stream-places.ts';
import type { LogFeed } from './log-feed.ts';
import type { ServerInfo } from './server-info.svelte.ts';
import type { Sync } from './sync.svelte.ts';
import type { Token } from './token.svelte.ts';

const SILENCE_MS = 20_000;
/** Between two updates of the page: the first event shows at once, a flood of events twice a second. */
const APPLY_MS = 500;
/** Until one of the places for streams is asked for again; meanwhile the page polls. */
const NO_PLACE_MS = 10_000;
const RETRIES_MS = [1000, 2000, 5000, 15_000, 60_000] as const;

export interface EventStreamParts {
  readonly address: string;
  readonly token: Token;
  readonly server: ServerInfo;
  readonly sync: Sync;
  readonly downloads: Downloads;
  readonly logFeed: LogFeed;
}

/**
 * The event stream tells the same as polling, but sooner. Only a visible page holds it, and only a few of them, because a
 * browser has six connections to a server for all its windows. Read by `fetch`, which can send a token where `EventSource`
 * cannot. Losing it loses nothing: the page polls until it is back.
 */
export class EventStream {
  readonly #parts: EventStreamParts;
  #changed = new Map<string, Download>();
  #removed = new Set<string>();
  #applyTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #abort: AbortController | null = null;
  #failures = 0;
  #appliedAt = 0;
  #lastId: string | null = null;

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
  }

  /** Opens it when the server has one and the page is visible. Safe to call again. */
  start(): void {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#abort?.abort();
      else {
        this.#schedule();
        this.open();
      }
    });
    if (!hasPlaces()) {
      addEventListener('blur', () => this.#abort?.abort());
      addEventListener('focus', () => this.open());
    }
    this.open();
  }

  open(): void {
    if (this.#abort !== null || document.hidden || !this.#parts.server.has('events')) return;
    clearTimeout(this.#retryTimer);
    const abort = new AbortController();
    this.#abort = abort;
    const reading = inPlace(() => this.#read(abort)).catch(() => false);
    void reading.then((hadPlace) => {
      this.#abort = null;
      this.#parts.sync.streaming(false, !hadPlace);
      if (document.hidden) return;
      if (!hadPlace) {
        this.#retryTimer = setTimeout(() => this.open(), NO_PLACE_MS);
        return;
      }
      const wait = RETRIES_MS[Math.min(this.#failures, RETRIES_MS.length - 1)] ?? 60_000;
      this.#failures += 1;
      this.#retryTimer = setTimeout(() => this.open(), wait * (0.8 + Math.random() * 0.4));
    });
  }

  async #read(abort: AbortController): Promise<void> {
    const parser = createParser({
      onEvent: (event) => {
        this.#take(event);
        this.#lastId = event.id ?? this.#lastId;
      },
    });
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE_MS);
    };
    heard();
    try {
      const token = this.#parts.token.value;
      const response = await fetch(this.#parts.address, {
        headers: {
          accept: 'text/event-stream',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(this.#lastId === null ? {} : { 'last-event-id': this.#lastId }),
        },
        cache: 'no-store',
        signal: abort.signal,
      });
      if (!response.ok || !response.body) return;
      this.#parts.sync.streaming(true);
      // No event tells what happened between the last look and the opening.
      await this.#parts.sync.refresh();
      const reader = response.body.getReader();
      // Not a `TextDecoderStream`, which would send every small chunk through a second stream.
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        heard();
        this.#failures = 0;
        parser.feed(decoder.decode(value, { stream: true }));
      }
    } catch {
      // Closed by either side; the next try is due.
    } finally {
      clearTimeout(silence);
    }
  }

  #take({ event, data }: EventSourceMessage): void {
    switch (event as StreamEventName | undefined) {
      case 'download': {
        const record = read<'download'>(data);
        this.#changed.set(record.id, record);
        this.#removed.delete(record.id);
        break;
      }
      case 'removed': {
        const { id } = read<'removed'>(data);
        this.#removed.add(id);
        this.#changed.delete(id);
        break;
      }
      case 'log':
        this.#parts.logFeed.tell(read<'log'>(data));
        return;
      case 'reset':
        void this.#parts.sync.refresh();
        return;
      default:
        return;
    }
    this.#schedule();
  }

  #schedule(): void {
    // A hidden page gets no frames: it shows the changes when it is visible again.
    if (this.#applyTimer !== undefined || document.hidden) return;
    const wait = Math.max(0, this.#appliedAt + APPLY_MS - performance.now());
    this.#applyTimer = setTimeout(() => requestAnimationFrame(() => this.#apply()), wait);
  }

  /** All changes since the last drawing in one frame. */
  #apply(): void {
    this.#applyTimer = undefined;
    this.#appliedAt = performance.now();
    if (this.#changed.size + this.#removed.size === 0) return;
    const changes = { downloads: [...this.#changed.values()], removed: [...this.#removed] };
    this.#changed = new Map();
    this.#removed = new Set();
    this.#parts.downloads.apply(changes);
  }
}

/** Made by our own server, in the shapes of the contract. */
function read<Name extends StreamEventName>(data: string): StreamEventData<Name> {
  return JSON.parse(data) as StreamEventData<Name>;
}
