import type { CreateProbe, Probe, Selection } from '@artemis/contracts';
import { ApiError, type Client } from '@artemis/contracts/client';
import { pickSelection } from '@artemis/contracts/rules';

/** What is known of a link without downloading it. */
export type Look =
  | { readonly state: 'waiting' | 'looking' }
  | { readonly state: 'seen'; readonly probe: Probe; readonly selection: Selection }
  | { readonly state: 'failed'; readonly error: unknown; readonly selection: Selection };

interface Wanted {
  readonly url: string;
  readonly selection: Selection;
}

/** As many as the server allows; the others wait here instead of being refused there. */
const AT_ONCE = 2;

/** Looks at links, a few at a time. What was seen stays until the links or their owner go. */
export class Probes {
  readonly #client: Pick<Client, 'createProbe'>;
  readonly #onEnd: (url: string, look: Look) => void;
  #looks: ReadonlyMap<string, Look> = $state.raw(new Map());
  #waiting: Wanted[] = [];
  readonly #running = new Map<string, AbortController>();
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(
    client: Pick<Client, 'createProbe'>,
    onEnd: (url: string, look: Look) => void = () => undefined,
  ) {
    this.#client = client;
    this.#onEnd = onEnd;
  }

  of(url: string): Look | undefined {
    return this.#looks.get(url);
  }

  /** What was seen last, also while another look at the same link runs. */
  look(url: string, selection: Selection): void {
    this.#running.get(url)?.abort();
    this.#waiting = [...this.#waiting.filter((one) => one.url !== url), { url, selection }];
    if (this.of(url)?.state !== 'seen') this.#set(url, { state: 'waiting' });
    this.#next();
  }

  /** Ends looks at links that are no longer wanted. */
  keep(urls: ReadonlySet<string>): void {
    const isGone = (url: string): boolean => !urls.has(url);
    if (![...this.#looks.keys()].some(isGone)) return;
    this.#waiting = this.#waiting.filter((one) => !isGone(one.url));
    for (const [url, abort] of this.#running) if (isGone(url)) abort.abort();
    this.#looks = new Map([...this.#looks].filter(([url]) => !isGone(url)));
  }

  /** Ends every look; nothing is asked afterwards until `look` is called again. */
  stop(): void {
    this.keep(new Set());
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #set(url: string, look: Look): void {
    this.#looks = new Map(this.#looks).set(url, look);
  }

  #next(): void {
    while (this.#pause === undefined && this.#running.size < AT_ONCE) {
      const wanted = this.#waiting.shift();
      if (!wanted) return;
      void this.#ask(wanted);
    }
  }

  async #ask(wanted: Wanted): Promise<void> {
    const { url, selection } = wanted;
    const abort = new AbortController();
    this.#running.set(url, abort);
    if (this.of(url)?.state !== 'seen') this.#set(url, { state: 'looking' });
    let look: Look | null = null;
    try {
      const probe = await this.#client.createProbe(probeRequest(url, selection), {
        signal: abort.signal,
      });
      look = { state: 'seen', probe, selection };
    } catch (error) {
      const seconds = error instanceof ApiError ? error.retryAfterSeconds : null;
      if (seconds === null) look = { state: 'failed', error, selection };
      else if (!abort.signal.aborted) this.#waitFor(seconds, wanted);
    }
    // A newer look at the same link may have taken the place.
    if (this.#running.get(url) === abort) this.#running.delete(url);
    if (look !== null && !abort.signal.aborted) {
      this.#set(url, look);
      this.#onEnd(url, look);
    }
    this.#next();
  }

  /** Somebody else is looking at links as well: this one comes first when there is room again. */
  #waitFor(seconds: number, wanted: Wanted): void {
    this.#waiting = [wanted, ...this.#waiting];
    if (this.of(wanted.url)?.state !== 'seen') this.#set(wanted.url, { state: 'waiting' });
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#next();
    }, seconds * 1000);
  }
}

export function probeRequest(url: string, selection: Selection): CreateProbe {
  return { url, ...pickSelection(selection) };
}
