import type { Metadata } from '@artemis/contracts';
import type { ProbedMedia } from '../attempt.ts';
import { createProbeMemory } from './probe-memory.ts';

/** What probes have found, for a few hours. In memory only, because it contains secrets of sites. */
export interface ProbedMediaCache {
  /** `proxy` is the one it was seen through: another country may be offered something else. */
  put(url: string, proxy: string | null, media: ProbedMedia): void;
  metadata(url: string): Metadata | null;
  /** What a download of this link may begin from, as JSON of yt-dlp; null when it must ask the site. */
  info(url: string, proxy: string | null): string | null;
}

/** @param nowMs of a clock that nobody sets */
export function createProbedMediaCache(nowMs = () => performance.now()): ProbedMediaCache {
  const entries = createProbeMemory<{ readonly media: ProbedMedia; readonly proxy: string | null }>(
    nowMs,
    ({ media }) => media.info?.length ?? 0,
  );

  return {
    put: (url, proxy, media) => void entries.set(url, { media, proxy }),
    metadata: (url) => entries.get(url)?.media.metadata ?? null,
    info(url, proxy) {
      const found = entries.get(url);
      return found?.proxy === proxy ? found.media.info : null;
    },
  };
}
