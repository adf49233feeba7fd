const KEY = 'artemis-token';

/** The token of a server that wants one. Lives as long as the tab and is never put into an address. */
export class Token {
  #value: string | null = $state(null);

  constructor() {
    try {
      this.#value = sessionStorage.getItem(KEY);
    } catch {
      // Storage is blocked: it then lives in memory.
    }
  }

  get value(): string | null {
    return this.#value;
  }

  set(value: string): void {
    this.#value = value;
    try {
      sessionStorage.setItem(KEY, value);
    } catch {
      // As above.
    }
  }
}
