/** Which row's menu is open and the button it belongs to. One menu for the whole page. */
export class RowMenuState {
  #id: string | null = $state(null);
  #opener: HTMLElement | null = null;

  get id(): string | null {
    return this.#id;
  }

  get opener(): HTMLElement | null {
    return this.#opener;
  }

  open(id: string, opener: HTMLElement): void {
    this.#opener = opener;
    this.#id = this.#id === id ? null : id;
  }

  close(returnsFocus: boolean): void {
    this.#id = null;
    if (returnsFocus) (this.#opener?.closest<HTMLElement>('[role="row"]') ?? this.#opener)?.focus();
  }
}
