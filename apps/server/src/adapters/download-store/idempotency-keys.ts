import { IDEMPOTENCY_MS, type IdempotencyEntry } from '../../domain/ports.ts';

/** Beyond these the oldest keys are given up before their day: they are kept with the records and in memory. */
const MOST_KEYS = 2000;
const MOST_KEY_IDS = 20_000;

export type Remembered = Pick<IdempotencyEntry, 'downloadIds' | 'duplicateIds'>;

interface KnownKey {
  readonly bodyHash: string;
  readonly atMs: number;
  readonly answer: Promise<Remembered>;
  /** Ids that are kept with it; null while its request is under way. */
  readonly idCount: number | null;
}

/** What was answered to requests of the last day that carry a key. */
export interface IdempotencyKeys {
  recover(entries: readonly IdempotencyEntry[]): void;
  /** Null for a key that is new or forgotten. */
  find(key: string): Pick<KnownKey, 'bodyHash' | 'answer'> | null;
  /**
   * Answers the first request with this key, and remembers it unless `work` fails.
   * @param work is given the time to store with the key, and the keys that are given up for it
   */
  answer(
    key: string,
    bodyHash: string,
    mostIds: number,
    work: (at: string, surplus: readonly string[]) => Promise<Remembered | null>,
  ): Promise<Remembered | null>;
}

export interface IdempotencyClock {
  readonly now: () => Date;
  /** The clock as far as it can be believed: a jump of it must not forget keys. */
  readonly believedNow: () => Date;
}

export function createIdempotencyKeys({ now, believedNow }: IdempotencyClock): IdempotencyKeys {
  const keys = new Map<string, KnownKey>();

  function forgetOldKeys(): void {
    const limitMs = believedNow().getTime() - IDEMPOTENCY_MS;
    for (const [key, { atMs }] of keys) if (atMs <= limitMs) keys.delete(key);
  }

  /** The oldest keys that must go so that one more with so many ids is within the limits. */
  function surplusKeys(newIds: number): string[] {
    let keyCount = keys.size + 1;
    let idCount = newIds;
    for (const entry of keys.values()) idCount += entry.idCount ?? 0;
    const surplus: string[] = [];
    for (const [key, entry] of keys) {
      if (keyCount <= MOST_KEYS && idCount <= MOST_KEY_IDS) break;
      if (entry.idCount === null) continue;
      surplus.push(key);
      keyCount -= 1;
      idCount -= entry.idCount;
    }
    return surplus;
  }

  return {
    recover(entries) {
      for (const entry of entries) {
        const idCount = entry.downloadIds.length + entry.duplicateIds.length;
        const answer = Promise.resolve(entry);
        const { key, bodyHash, at } = entry;
        keys.set(key, { bodyHash, atMs: Date.parse(at), answer, idCount });
      }
      forgetOldKeys();
    },
    find(key) {
      forgetOldKeys();
      return keys.get(key) ?? null;
    },
    async answer(key, bodyHash, mostIds, work) {
      const surplus = surplusKeys(mostIds);
      // The later one: should the clock be right after all, the key is not forgotten too early.
      const atMs = Math.max(now().getTime(), believedNow().getTime());
      const working = work(new Date(atMs).toISOString(), surplus);
      const answer = working.then((remembered) => {
        if (!remembered) throw new Error('the first request with this key was refused');
        return remembered;
      });
      // Who has asked meanwhile is told; when nobody has, nobody need.
      answer.catch(() => undefined);
      const known: KnownKey = { bodyHash, atMs, answer, idCount: null };
      keys.set(key, known);
      let idCount: number | null = null;
      try {
        const remembered = await working;
        if (remembered) idCount = remembered.downloadIds.length + remembered.duplicateIds.length;
        return remembered;
      } finally {
        const isStillKnown = keys.get(key) === known;
        if (idCount === null && isStillKnown) keys.delete(key);
        if (idCount !== null && isStillKnown) keys.set(key, { ...known, idCount });
        if (idCount !== null) for (const gone of surplus) keys.delete(gone);
      }
    },
  };
}
