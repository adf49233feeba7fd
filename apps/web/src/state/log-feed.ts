import type { LogLine } from '@artemis/contracts';

/** Console events as the stream brings them, for whoever listens. */
export class LogFeed {
  readonly #listeners = new Set<(line: LogLine) => void>();

  onLine(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(line: LogLine): void {
    for (const listener of this.#listeners) listener(line);
  }
}
