/**
 * One value of `localStorage` with a version in its body. Reading parses, checks and migrates; a value made by
 * a newer page is used but never overwritten; one that cannot be read is set aside, not lost.
 */
export interface CellDefinition<T> {
  readonly key: string;
  readonly version: number;
  /** The value out of a body of the current version, or null when it does not fit. Keeps unknown fields. */
  readonly parse: (body: unknown) => T | null;
  readonly fallback: () => T;
  /** Step `n` turns a body of version `n` into one of version `n + 1`. A body without `v` has version 0. */
  readonly migrations?: Readonly<Record<number, (body: unknown) => unknown>>;
  /** Longest text that is written, in characters. */
  readonly maxCharacters: number;
}

export type Origin = 'stored' | 'fallback' | 'newer' | 'corrupt' | 'blocked';

export interface Cell<T> {
  readonly key: string;
  read(): { readonly value: T; readonly origin: Origin };
  /** False when it was not kept: storage is full or blocked, the value too long, or of a newer page. */
  write(value: T): boolean;
  /** Calls back when another tab wrote the value. Returns how to stop. */
  onOtherTab(listener: () => void): () => void;
}

export function createCell<T extends object>(
  definition: CellDefinition<T>,
  storage: () => Storage = () => localStorage,
): Cell<T> {
  const { key, version, fallback, maxCharacters } = definition;
  let isNewer = false;

  function read(): { value: T; origin: Origin } {
    let text: string | null;
    try {
      text = storage().getItem(key);
    } catch {
      return { value: fallback(), origin: 'blocked' };
    }
    if (text === null) return { value: fallback(), origin: 'fallback' };
    try {
      let body: unknown = JSON.parse(text);
      const stored = versionOf(body);
      for (let at = stored; at < version; at += 1)
        body = definition.migrations?.[at]?.(body) ?? body;
      const value = definition.parse(body);
      if (value !== null) {
        isNewer = stored > version;
        return { value, origin: isNewer ? 'newer' : 'stored' };
      }
    } catch {
      // Not JSON: the same as a body that does not fit.
    }
    setAside(text);
    return { value: fallback(), origin: 'corrupt' };
  }

  function setAside(text: string): void {
    try {
      const prefix = `${key}.corrupt-`;
      for (const other of Object.keys(storage())) {
        if (other.startsWith(prefix)) storage().removeItem(other);
      }
      storage().setItem(`${prefix}${new Date().toISOString().slice(0, 10)}`, text);
      storage().removeItem(key);
    } catch {
      // Full: the unreadable text then stays where it is.
    }
  }

  return {
    key,
    read,
    write(value) {
      if (isNewer) return false;
      const text = JSON.stringify({ ...value, v: version });
      if (text.length > maxCharacters) return false;
      try {
        storage().setItem(key, text);
        return true;
      } catch {
        return false;
      }
    },
    onOtherTab(listener) {
      const heard = (event: StorageEvent): void => {
        if (event.key === key) listener();
      };
      window.addEventListener('storage', heard);
      return () => window.removeEventListener('storage', heard);
    },
  };
}

function versionOf(body: unknown): number {
  if (typeof body !== 'object' || body === null || !('v' in body)) return 0;
  return typeof body.v === 'number' ? body.v : 0;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
