import { ApiError } from '@artemis/contracts/client';
import type { EngineList, FetchEngine } from '@artemis/contracts';
import type { AppParts } from '../app-context.ts';
import { isBusy } from '../format/engine-room.ts';
import { describeError } from './actions.svelte.ts';

const BUSY_MS = 2000;
const QUIET_MS = 15_000;

/**
 * The versions of yt-dlp as the server told them last. An answer that does not come leaves them as they are and
 * says why in `problem`; none of the calls reject.
 */
export class Engines {
  readonly #app: Pick<AppParts, 'client' | 'text' | 'toasts' | 'sync'>;
  #list: EngineList | null = $state.raw(null);
  #problem: string | null = $state(null);
  #heardAt: number | null = $state(null);
  /** What a press waits for: a version, or `channel`. */
  #pending: string | null = $state(null);
  /** An answer that was asked for before a change would take the change back on the screen. */
  #changes = 0;

  constructor(app: Pick<AppParts, 'client' | 'text' | 'toasts' | 'sync'>) {
    this.#app = app;
  }

  get list(): EngineList | null {
    return this.#list;
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** Time of this browser at which the server last told them. */
  get heardAt(): number | null {
    return this.#heardAt;
  }

  get pending(): string | null {
    return this.#pending;
  }

  async load(): Promise<void> {
    const before = this.#changes;
    try {
      const list = await this.#app.client.listEngines();
      if (before === this.#changes) this.#heard(list);
    } catch (error) {
      if (before === this.#changes) this.#problem = this.#words(error);
    }
  }

  /** Asks again and again while somebody looks, sooner while something is on its way. Returns the end of it. */
  watch(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async (): Promise<void> => {
      if (!document.hidden && this.#pending === null) await this.load();
      if (isOver) return;
      timer = setTimeout(
        () => void look(),
        this.#list !== null && isBusy(this.#list) ? BUSY_MS : QUIET_MS,
      );
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  async use(version: string): Promise<void> {
    const { client, text } = this.#app;
    await this.#change(version, text.all.engineUsed({ version }), () => client.useEngine(version));
  }

  async fetch(request: FetchEngine): Promise<void> {
    const { client, text } = this.#app;
    const isOff = 'channel' in request && request.channel === 'off';
    await this.#change('channel', isOff ? text.all.engineStays : text.all.engineFetching, () =>
      client.fetchEngine(request),
    );
  }

  async remove(version: string): Promise<void> {
    const { client, text } = this.#app;
    await this.#change(version, text.all.engineRemoved({ version }), async () => {
      await client.deleteEngine(version);
      return client.listEngines();
    });
  }

  async #change(what: string, said: string, run: () => Promise<EngineList>): Promise<void> {
    if (this.#pending !== null) return;
    const { sync, toasts } = this.#app;
    this.#pending = what;
    this.#changes += 1;
    try {
      this.#heard(await run());
      toasts.show(said);
      sync.lookNow();
    } catch (error) {
      // Where the eyes are, however far down the page; and what is refused may be so because the list is old.
      toasts.show(this.#words(error), { kind: 'error' });
      await this.load();
    } finally {
      this.#pending = null;
    }
  }

  #heard(list: EngineList): void {
    this.#list = list;
    this.#heardAt = Date.now();
    this.#problem = null;
  }

  #words(error: unknown): string {
    const { text } = this.#app;
    // A server of before has no such call.
    if (error instanceof ApiError && error.code === 'ROUTE_NOT_FOUND') return text.all.engineNoRoom;
    return describeError(error, text);
  }
}
