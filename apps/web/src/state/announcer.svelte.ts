const COALESCE_MS = 1500;

/** Speaks through the two live regions of the page. Polite messages of a short time are said as one. */
export class Announcer {
  #status = $state('');
  #alert = $state('');
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  get status(): string {
    return this.#status;
  }

  get alert(): string {
    return this.#alert;
  }

  say(message: string): void {
    if (!this.#waiting.includes(message)) this.#waiting.push(message);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#status = this.#waiting.splice(0).join(' ');
    }, COALESCE_MS);
  }

  /** For what cannot wait, such as a refusal of the press that was just made. */
  warn(message: string): void {
    // The same sentence again would not be read out.
    this.#alert = this.#alert === message ? `${message}\u00a0` : message;
  }
}
