/** Everything a row can do, or only the presets to retry it with. */
export type RowMenuPart = 'all' | 'retry';

/** Which row's menu is open and the button it belongs to. One menu for the whole page. */
export class RowMenuState {
  #id: string | null = $state(null);
  #part: RowMenuPart = $state('all');
  #opener: HTMLElement | null = null;

  get id(): string | null {
    return this.#id;
  }

  get opener(): HTMLElement | null {
    return this.#opener;
  }

  get part(): RowMenuPart {
    return this.#part;
  }

  open(id: string, opener: HTMLElement, part: RowMenuPart = 'all'): void {
    this.#opener = opener;
    this.#id = this.#id === id ? null : id;
    this.#part = part;
  }

  close(returnsFocus: boolean): void {
    this.#id = null;
    if (returnsFocus) (this.#opener?.closest<HTMLElement>('[role="row"]') ?? this.#opener)?.focus();
  }
}
