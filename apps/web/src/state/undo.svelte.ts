import type { Settings } from './settings.svelte.ts';
import type { Text } from './text.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

/** Something a person did that is not sent yet, or that has an inverse. */
export interface Reversible {
  readonly text: string;
  /** Takes it back. */
  readonly undo: () => void;
  /** Sends it: called once, when the time is over or the page closes. */
  readonly commit?: () => void;
}

interface Entry extends Reversible {
  toastId: number;
  isOpen: boolean;
}

const KEPT = 20;

/**
 * Undo instead of confirm. A delayed action is committed after the undo time, and at once when the page goes
 * away, so that closing the tab never loses what was asked.
 */
export class Undo {
  readonly #toasts: Toasts;
  readonly #settings: Settings;
  readonly #text: Text;
  #entries: readonly Entry[] = $state.raw([]);

  constructor(toasts: Toasts, settings: Settings, text: Text) {
    this.#toasts = toasts;
    this.#settings = settings;
    this.#text = text;
  }

  get canUndo(): boolean {
    return this.#entries.length > 0;
  }

  /** Offers it; the answer withdraws the offer, for an action that turned out to have done nothing. */
  do(action: Reversible): () => void {
    const entry: Entry = { ...action, toastId: 0, isOpen: true };
    entry.toastId = this.#toasts.show(action.text, {
      ms: this.#settings.undoMs,
      action: { label: this.#text.t.undo, run: () => this.#takeBack(entry) },
      onEnd: () => this.#close(entry),
    });
    this.#entries = [entry, ...this.#entries].slice(0, KEPT);
    return () => {
      this.#toasts.drop(entry.toastId);
      this.#forget(entry);
    };
  }

  /** Takes back the newest; false when there is none. */
  undoLast(): boolean {
    const entry = this.#entries[0];
    if (!entry) return false;
    this.#toasts.drop(entry.toastId);
    this.#takeBack(entry);
    return true;
  }

  commitAll(): void {
    for (const entry of this.#entries) {
      this.#toasts.drop(entry.toastId);
      this.#close(entry);
    }
  }

  #takeBack(entry: Entry): void {
    entry.isOpen = false;
    this.#forget(entry);
    entry.undo();
  }

  #close(entry: Entry): void {
    if (!entry.isOpen) return;
    entry.isOpen = false;
    entry.commit?.();
    // One that was sent cannot be taken back any more; an inverse action can.
    if (entry.commit) this.#forget(entry);
  }

  #forget(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }
}
