import type { Metadata } from '@artemis/contracts';
import type { ProbedMedia } from '../attempt.ts';

/** Links in them have ended by then, on most sites. */
const KEPT_MS = 6 * 3_600_000;
const MOST_KEPT = 100;
const MOST_CHARACTERS = 32 * 1024 ** 2;

/** What looks at links have found, for a few hours: in memory only, since it has secrets of sites in it. */
export interface ProbedMediaCache {
  /** `proxy` is the one it was seen through: another country may be offered something else. */
  put(url: string, proxy: string | null, media: ProbedMedia): void;
  metadata(url: string): Metadata | null;
  /** What a download of this link may begin from, as JSON of yt-dlp; null when it must ask the site. */
  info(url: string, proxy: string | null): string | null;
}

interface Entry {
  readonly media: ProbedMedia;
  readonly proxy: string | null;
  readonly atMs: number;
}

/** @param nowMs of a clock that nobody sets */
export function createProbedMediaCache(nowMs = () => performance.now()): ProbedMediaCache {
  const entries = new Map<string, Entry>();
  let characters = 0;

  function drop(url: string): void {
    characters -= entries.get(url)?.media.info?.length ?? 0;
    entries.delete(url);
  }

  function find(url: string): Entry | null {
    const found = entries.get(url);
    if (found && nowMs() - found.atMs < KEPT_MS) return found;
    drop(url);
    return null;
  }

  return {
    put(url, proxy, media) {
      drop(url);
      entries.set(url, { media, proxy, atMs: nowMs() });
      characters += media.info?.length ?? 0;
      for (const [oldest] of entries) {
        if (entries.size <= MOST_KEPT && characters <= MOST_CHARACTERS) return;
        drop(oldest);
      }
    },
    metadata: (url) => find(url)?.media.metadata ?? null,
    info(url, proxy) {
      const found = find(url);
      return found?.proxy === proxy ? found.media.info : null;
    },
  };
}
