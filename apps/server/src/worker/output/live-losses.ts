import type { LiveGap } from '../engine/engine-connection.ts';

/** More is a stream that fails all the time. */
const MOST_KEPT = 1000;
/** All of these may stand behind its own progress, which ends without a new line. */
const OPENED = /(?:^|\s)\[\w+ @ \w+\] Opening '([^']+)' for reading/;
const FAILED = /(?:^|\s)\[hls @ \w+\] Failed to open segment (\d+) of playlist\b/;
const PASSED = /(?:^|\s)\[hls @ \w+\] skipping (\d+) segments ahead\b/;

/** What a live stream has lost, from what ffmpeg says while it goes on without it. */
export interface LiveLosses {
  /** `atSeconds`: how long has been recorded. */
  take(line: string, atSeconds: number): void;
  /** In the order in which they were lost. */
  gaps(): readonly LiveGap[];
}

export function createLiveLosses(): LiveLosses {
  const gaps = new Map<string, LiveGap>();
  let opened = '';

  return {
    take(line, atSeconds) {
      const url = OPENED.exec(line)?.[1];
      if (url !== undefined) {
        opened = url;
        // It is tried again, some versions do so several times.
        gaps.delete(url);
      }
      const failed = FAILED.exec(line)?.[1];
      const passed = PASSED.exec(line)?.[1];
      if ((failed === undefined && passed === undefined) || gaps.size >= MOST_KEPT) return;
      gaps.set(failed === undefined ? `passed ${gaps.size} ${atSeconds}` : opened, {
        ...{ kind: 'live_gap', atSeconds },
        firstSegment: failed === undefined ? null : Number(failed),
        segments: Number(passed ?? 1),
      });
    },
    gaps: () => [...gaps.values()],
  };
}
