import type { LiveGap } from '../engine/engine-connection.ts';

/** A stream with more gaps than this fails all the time. */
const MOST_KEPT = 1000;
/** None of these patterns is anchored: ffmpeg writes its status without a line end, and the message follows on the same line. */
const OPENED = /(?:^|\s)\[\w+ @ \w+\] Opening '([^']+)' for reading/;
const FAILED = /(?:^|\s)\[hls @ \w+\] Failed to open segment (\d+) of playlist\b/;
const PASSED = /(?:^|\s)\[hls @ \w+\] skipping (\d+) segments ahead\b/;

/** Collects the gaps of a live recording from the messages with which ffmpeg skips segments. */
export interface LiveLosses {
  /** `atSeconds`: the length of the recording so far. */
  take(line: string, atSeconds: number): void;
  /** Oldest first. */
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
        // ffmpeg tries this segment again; some versions do so several times.
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
