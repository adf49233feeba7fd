import { FAILURES, type FailureCode } from '@artemis/contracts';

const FIRST_WAIT_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 300;
const SHORTEST_SITE_WAIT_SECONDS = 1;
const LONGEST_SITE_WAIT_SECONDS = 3600;
const FIRST_RELEASE_SECONDS = 60;
const LONGEST_RELEASE_PAUSE_SECONDS = 86_400;
/** Whatever the site promises. */
const LONGEST_RELEASE_SECONDS = 30 * 86_400;

/** Failures by which a site speaks of all our requests, not of this one. */
const SITE_WIDE: ReadonlySet<FailureCode> = new Set(['THROTTLED', 'BOT_CHECK']);

export function isSiteWide(code: FailureCode): boolean {
  return SITE_WIDE.has(code);
}

/** After this many crashes of its own processes we assume that the download causes them. */
export const MOST_DEATHS = 3;

/** After this many crashes of the engine host during one download we assume that this download causes them. */
export const MOST_INTERRUPTIONS = 10;

/**
 * Seconds until the next automatic run, or null when there is none.
 * @param automaticRuns runs that count, from 1; see `AttemptCount`
 * @param random 0–1, spreads waits by ±20 % so that many downloads do not return at once
 */
export function retryDelaySeconds(
  code: FailureCode,
  automaticRuns: number,
  maxAttempts: number,
  siteWaitSeconds: number | null,
  random: number,
): number | null {
  if (!FAILURES[code].isRetryable || automaticRuns >= maxAttempts) return null;
  return waitSeconds(automaticRuns, siteWaitSeconds, random);
}

/**
 * How long the whole site is left alone. Who asks for more than an hour is not believed: one answer would hold everything
 * that waits for the site, so it is asked again as if it had named no time.
 * @param times how often in a row it has sent us away, from 1
 */
export function siteWaitSeconds(
  times: number,
  askedSeconds: number | null,
  random: number,
): number {
  const isBelieved = askedSeconds !== null && askedSeconds <= LONGEST_SITE_WAIT_SECONDS;
  return waitSeconds(times, isBelieved ? askedSeconds : null, random);
}

/**
 * Seconds until media that is not out yet is looked at again: when the site promises it, else after pauses that grow.
 * @param looks how often it was looked at without a promise that holds, from 1
 */
export function releaseDelaySeconds(
  releaseAtMs: number | null,
  nowMs: number,
  looks: number,
  random: number,
): number {
  const untilSeconds = ((releaseAtMs ?? nowMs) - nowMs) / 1000;
  if (untilSeconds > 0) return Math.min(untilSeconds, LONGEST_RELEASE_SECONDS);
  const base = FIRST_RELEASE_SECONDS * 3 ** (Math.min(looks, 20) - 1);
  return Math.min(base * (0.8 + 0.4 * random), LONGEST_RELEASE_PAUSE_SECONDS);
}

/** What the site asked for, within bounds; else longer with each of the `tries`, from 1. */
export function waitSeconds(tries: number, siteWaitSeconds: number | null, random: number): number {
  if (siteWaitSeconds !== null && !Number.isNaN(siteWaitSeconds)) {
    return Math.min(
      Math.max(siteWaitSeconds, SHORTEST_SITE_WAIT_SECONDS),
      LONGEST_SITE_WAIT_SECONDS,
    );
  }
  const base = Math.min(FIRST_WAIT_SECONDS * 4 ** (tries - 1), LONGEST_WAIT_SECONDS);
  return base * (0.8 + 0.4 * random);
}
