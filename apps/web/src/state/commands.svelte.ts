import { isField, isSingleKey, keyName } from '../commands/keys.ts';
import type { Dictionary } from '../text/words.ts';
import type { Settings } from './settings.svelte.ts';

export type CommandGroup = 'go' | 'do' | 'list';

/** One thing that can be done, for keys, the palette and the sheet of shortcuts alike. */
export interface Command {
  readonly id: string;
  readonly group: CommandGroup;
  readonly label: (t: Dictionary) => string;
  /** Such as `g r`, `Ctrl+K` or `/`. The first is the one that is shown. */
  readonly keys?: readonly string[];
  readonly run: () => void;
  /** In the palette. */
  readonly icon?: string;
  /** Only listed: its key is handled where the focus is. */
  readonly isLocal?: boolean;
  readonly isInPalette?: boolean;
}

const SEQUENCE_MS = 1500;

export class Commands {
  readonly #settings: Settings;
  #groups: readonly (readonly Command[])[] = $state.raw([]);
  #pending: { key: string; at: number } | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get all(): readonly Command[] {
    return this.#groups.flat();
  }

  /** Adds commands of a view; the answer takes them away again. */
  register(commands: readonly Command[]): () => void {
    this.#groups = [...this.#groups, commands];
    return () => {
      this.#groups = this.#groups.filter((group) => group !== commands);
    };
  }

  /** Runs the command of this key; true when there was one. */
  press(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing) return false;
    const key = keyName(event);
    const isTyping = isField(event.target);
    const allowsSingle = this.#settings.value.hasSingleKeys && !isTyping;
    const sequence =
      this.#pending && event.timeStamp - this.#pending.at < SEQUENCE_MS
        ? `${this.#pending.key} ${key}`
        : null;
    this.#pending = null;
    const found = this.#find(sequence, allowsSingle) ?? this.#find(key, allowsSingle, isTyping);
    if (found) {
      event.preventDefault();
      found.run();
      return true;
    }
    if (
      allowsSingle &&
      this.all.some((command) => command.keys?.some((keys) => keys.startsWith(`${key} `)))
    ) {
      this.#pending = { key, at: event.timeStamp };
    }
    return false;
  }

  #find(keys: string | null, allowsSingle: boolean, isTyping = false): Command | undefined {
    if (keys === null || (isSingleKey(keys) && !allowsSingle)) return undefined;
    // Delete, Ctrl Z and the like belong to the field while somebody types.
    if (isTyping && keys !== 'Ctrl+K') return undefined;
    // A list below a dialog gets no keys: its Escape would keep the dialog open, its Delete would hit a hidden row.
    const isCovered = document.querySelector('dialog[open]') !== null;
    return this.all.findLast(
      (command) =>
        !command.isLocal &&
        command.keys?.includes(keys) &&
        !(isCovered && command.group === 'list'),
    );
  }
}
