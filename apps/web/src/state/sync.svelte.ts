import { ApiError, type Client } from '@artemis/contracts/client';
import { linkState, nextLookMs, type LinkState } from '../format/link-lamp.ts';
import type { Clock } from './clock.svelte.ts';
import type { Downloads } from './downloads.svelte.ts';
import type { TelemetryState } from './telemetry.svelte.ts';

const TIMEOUT_MS = 10_000;
const PROGRESS_MS = 1000;
/** A stream may lose an event; looking at the changes now and then mends it. */
const HEAL_MS = 30_000;

/**
 * Keeps this page informed: looks at the telemetry every three seconds while the page is visible, at what
 * changed when the telemetry says so, and once a second while something runs, no stream tells it and windows are few.
 */
export class Sync {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #telemetry: TelemetryState;
  readonly #downloads: Downloads;
  #failures = $state(0);
  #isOnline = $state(true);
  #isStreaming = $state(false);
  #isCrowded = false;
  #needsToken = $state(false);
  #problem: unknown = $state.raw(null);
  #nextAt = $state(0);
  #isFirst = true;
  #retryAfterMs: number | null = null;
  #lookTimer: ReturnType<typeof setTimeout> | undefined;
  #progressTimer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #isPulling = false;
  #pulledAt = 0;
  readonly #connects = new Set<() => void>();

  constructor(client: Client, clock: Clock, telemetry: TelemetryState, downloads: Downloads) {
    this.#client = client;
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#downloads = downloads;
    // Whoever brought changes reached the server, so waiting for the next look is over.
    downloads.onChange(() => {
      if (this.#failures > 0) this.lookNow();
    });
  }

  get state(): LinkState {
    return linkState({
      isOnline: this.#isOnline,
      isStreaming: this.#isStreaming,
      failures: this.#failures,
      heardAt: this.#telemetry.isFromLastVisit ? null : this.#telemetry.heardAt,
      now: this.#clock.now,
    });
  }

  get isOffline(): boolean {
    return !this.#isOnline || this.#failures >= 3;
  }

  /** The server asks for a token that this page does not have. */
  get needsToken(): boolean {
    return this.#needsToken;
  }

  /** What the last look met, when it failed. */
  get problem(): unknown {
    return this.#problem;
  }

  /** When the next look is due, in milliseconds since the epoch. */
  get nextAt(): number {
    return this.#nextAt;
  }

  get isStreaming(): boolean {
    return this.#isStreaming;
  }

  /** Starts looking; the answer stops it. */
  start(): () => void {
    const onVisible = (): void => {
      if (document.hidden) this.#telemetry.save();
      else this.lookNow();
    };
    const onOnline = (): void => {
      this.#isOnline = navigator.onLine;
      if (this.#isOnline) this.lookNow();
    };
    onOnline();
    document.addEventListener('visibilitychange', onVisible);
    window.addEventListener('online', onOnline);
    window.addEventListener('offline', onOnline);
    this.#scheduleProgress();
    return () => {
      clearTimeout(this.#lookTimer);
      clearTimeout(this.#progressTimer);
      document.removeEventListener('visibilitychange', onVisible);
      window.removeEventListener('online', onOnline);
      window.removeEventListener('offline', onOnline);
    };
  }

  /** Calls back when the server answered for the first time, answers again, or is another one. */
  onConnect(listener: () => void): () => void {
    this.#connects.add(listener);
    return () => this.#connects.delete(listener);
  }

  lookNow(): void {
    clearTimeout(this.#lookTimer);
    void this.#look();
  }

  /** Reads changes right after an action, without waiting for the next look. */
  async refresh(): Promise<void> {
    if (this.#isPulling) return;
    this.#isPulling = true;
    try {
      await this.#downloads.pull(AbortSignal.timeout(TIMEOUT_MS));
      this.#pulledAt = Date.now();
    } catch {
      // The look that follows reports what is wrong.
    } finally {
      this.#isPulling = false;
    }
  }

  /** What the event stream says about itself; crowded: other windows have all the places for streams. */
  streaming(isOpen: boolean, isCrowded = false): void {
    this.#isStreaming = isOpen;
    this.#isCrowded = isCrowded;
    if (isOpen && this.#failures > 0) this.lookNow();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const startedAt = Date.now();
    const wasAway = this.#isFirst || this.#failures > 0;
    try {
      await this.#readTelemetry();
      this.#failures = 0;
      this.#problem = null;
      this.#needsToken = false;
      this.#retryAfterMs = null;
      if (wasAway) for (const listener of this.#connects) listener();
    } catch (error) {
      this.#failures += 1;
      this.#problem = error;
      if (error instanceof ApiError) {
        if (error.status === 401) this.#needsToken = true;
        this.#retryAfterMs =
          error.retryAfterSeconds === null ? null : error.retryAfterSeconds * 1000;
      }
    } finally {
      this.#isLooking = false;
    }
    const wait = nextLookMs(
      { isHidden: document.hidden, failures: this.#failures, retryAfterMs: this.#retryAfterMs },
      Math.random(),
    );
    const delay = Math.max(250, startedAt + wait - Date.now());
    this.#nextAt = Date.now() + delay;
    clearTimeout(this.#lookTimer);
    this.#lookTimer = setTimeout(() => void this.#look(), delay);
  }

  async #readTelemetry(): Promise<void> {
    const { etag } = this.#telemetry;
    const answer = await this.#client.call('telemetry', {
      // With a tag of our own the browser hands the 304 through, and nothing is parsed or drawn.
      ...(etag === null ? {} : { headers: { 'if-none-match': etag } }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const at = Date.now();
    if (answer.status === 304) {
      this.#telemetry.stillTrue(at);
      return;
    }
    if (answer.status !== 200) {
      const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
      const isProblem = answer.body !== null && 'code' in answer.body;
      throw new ApiError(
        answer.status,
        isProblem ? answer.body : null,
        Number.isFinite(seconds) ? seconds : null,
      );
    }
    const known = this.#telemetry.value;
    const isOtherServer = known !== null && known.instance_id !== answer.body.instance_id;
    this.#telemetry.heard(answer.body, answer.headers.get('etag'), at);
    if (isOtherServer || (this.#downloads.rev === null && !this.#isFirst)) this.#downloads.reset();
    this.#isFirst = false;
    const isDue = !this.#isStreaming || at - this.#pulledAt > HEAL_MS;
    if (isDue && this.#downloads.rev !== answer.body.rev) await this.refresh();
  }

  #scheduleProgress(): void {
    this.#progressTimer = setTimeout(() => {
      const isNeeded =
        !document.hidden &&
        !this.#isStreaming &&
        // So many windows would together ask more than one address may; every look of the telemetry has to do.
        !this.#isCrowded &&
        this.#failures === 0 &&
        (this.#telemetry.value?.running ?? 0) > 0;
      const next = (): void => this.#scheduleProgress();
      if (isNeeded) void this.refresh().then(next);
      else next();
    }, PROGRESS_MS);
  }
}
