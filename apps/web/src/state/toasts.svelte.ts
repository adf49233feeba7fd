import type { Announcer } from './announcer.svelte.ts';

export interface Toast {
  readonly id: number;
  readonly kind: 'info' | 'error';
  readonly text: string;
  /** Offered as a button for as long as the toast stands. */
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

interface Running {
  readonly toast: Toast;
  readonly onEnd: (() => void) | null;
  remainingMs: number;
  startedAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Short messages over the page. Their time stands still while they are hovered, focused, or the tab is hidden. */
export class Toasts {
  readonly #announcer: Announcer;
  #items: readonly Toast[] = $state.raw([]);
  readonly #running = new Map<number, Running>();
  #holds = 0;
  #nextId = 1;

  constructor(announcer: Announcer) {
    this.#announcer = announcer;
  }

  get items(): readonly Toast[] {
    return this.#items;
  }

  /** `onEnd` is called when its time is over or it is dismissed, not when its action ran. */
  show(
    text: string,
    options: {
      readonly kind?: Toast['kind'];
      readonly ms?: number;
      readonly action?: Toast['action'];
      readonly onEnd?: () => void;
    } = {},
  ): number {
    const id = this.#nextId++;
    const toast: Toast = { id, kind: options.kind ?? 'info', text, action: options.action ?? null };
    const running: Running = {
      toast,
      onEnd: options.onEnd ?? null,
      remainingMs: options.ms ?? (toast.kind === 'error' ? 12_000 : 6000),
      startedAt: 0,
      timer: undefined,
    };
    this.#running.set(id, running);
    this.#items = [...this.#items, toast];
    if (toast.kind === 'error') this.#announcer.warn(text);
    else this.#announcer.say(text);
    if (this.#holds === 0) this.#start(running);
    return id;
  }

  act(id: number): void {
    const running = this.#take(id);
    running?.toast.action?.run();
  }

  dismiss(id: number): void {
    this.#take(id)?.onEnd?.();
  }

  /** Takes it away without calling anything. */
  drop(id: number): void {
    this.#take(id);
  }

  hold(): void {
    this.#holds += 1;
    if (this.#holds > 1) return;
    for (const running of this.#running.values()) {
      if (running.timer === undefined) continue;
      clearTimeout(running.timer);
      running.timer = undefined;
      running.remainingMs -= Date.now() - running.startedAt;
    }
  }

  release(): void {
    this.#holds = Math.max(0, this.#holds - 1);
    if (this.#holds > 0) return;
    for (const running of this.#running.values()) this.#start(running);
  }

  #start(running: Running): void {
    running.startedAt = Date.now();
    running.timer = setTimeout(
      () => this.dismiss(running.toast.id),
      Math.max(1000, running.remainingMs),
    );
  }

  #take(id: number): Running | undefined {
    const running = this.#running.get(id);
    if (!running) return undefined;
    clearTimeout(running.timer);
    this.#running.delete(id);
    this.#items = this.#items.filter((toast) => toast.id !== id);
    return running;
  }
}
