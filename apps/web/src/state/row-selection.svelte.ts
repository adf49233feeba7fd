/**
 * Which rows are chosen: some ids, or everything that matches except some ids, so that ten thousand chosen
 * rows cost a few bytes.
 */
export class RowSelection {
  #ids: ReadonlySet<string> = $state.raw(new Set());
  #isAllMatching = $state(false);
  #anchor: number | null = null;

  get isAllMatching(): boolean {
    return this.#isAllMatching;
  }

  /** The chosen ones, or the ones left out of everything. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  has(id: string): boolean {
    return this.#ids.has(id) !== this.#isAllMatching;
  }

  count(total: number): number {
    return this.#isAllMatching ? Math.max(0, total - this.#ids.size) : this.#ids.size;
  }

  toggle(id: string, index: number): void {
    const next = new Set(this.#ids);
    if (!next.delete(id)) next.add(id);
    this.#ids = next;
    this.#anchor = index;
  }

  /** Chooses from where the last choice was made to here. */
  extend(index: number, idAt: (index: number) => string | null): void {
    const anchor = this.#anchor ?? index;
    const next = new Set(this.#ids);
    for (let at = Math.min(anchor, index); at <= Math.max(anchor, index); at += 1) {
      const id = idAt(at);
      if (id === null) continue;
      if (this.#isAllMatching) next.delete(id);
      else next.add(id);
    }
    this.#ids = next;
    this.#anchor ??= index;
  }

  all(): void {
    this.#isAllMatching = true;
    this.#ids = new Set();
  }

  clear(): void {
    if (this.#ids.size === 0 && !this.#isAllMatching) return;
    this.#isAllMatching = false;
    this.#ids = new Set();
    this.#anchor = null;
  }

  forget(ids: readonly string[]): void {
    if (this.#isAllMatching || !ids.some((id) => this.#ids.has(id))) return;
    const next = new Set(this.#ids);
    for (const id of ids) next.delete(id);
    this.#ids = next;
  }
}
