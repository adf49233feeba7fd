import type { FailureCode, Phase, SiteSuccess } from '@artemis/contracts';

const KEPT_DAYS = 14;
const MOST_SITES = 20;
/** As many ends of a site after a switch decide whether it stays. */
const JUDGED_ENDS = 20;
/** Fewer failures may be those of single links. */
const FEWEST_FAILURES = 3;
const CLEARLY_WORSE = 0.2;
const DAY_MS = 86_400_000;

/** Whose fault these are has nothing to do with the version of yt-dlp. */
const NOT_OF_THE_ENGINE: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'NETWORK',
  'THROTTLED',
  'BOT_CHECK',
  'TIMED_OUT',
  'STALLED',
  'TRUNCATED',
  'DISK_FULL',
  'STORE_FAILED',
  'INTERRUPTED',
  'UPCOMING',
  'EGRESS_BLOCKED',
  'ENGINE_MISSING',
  'RUNTIME_MISSING',
  'SOLVER_MISSING',
  'TOO_LARGE',
  'DRM_PROTECTED',
  'MEDIA_UNAVAILABLE',
  'GEO_RESTRICTED',
  'LOGIN_REQUIRED',
  'PAYMENT_REQUIRED',
  'IMPERSONATION_NEEDED',
]);

/** `phase`: of the attempt when it failed, where that is known. */
export function isOfTheEngine(code: FailureCode, phase: Phase | null = null): boolean {
  // yt-dlp gives a silent line up by itself: what hangs before anything is fetched hangs in its own code.
  const isHang = code === 'STALLED' || code === 'TIMED_OUT';
  return (isHang && phase === 'extracting') || !NOT_OF_THE_ENGINE.has(code);
}

/** Succeeded and failed. */
export type Ends = readonly [succeeded: number, failed: number];

/** By site and by day (RFC 3339, without its time). Bounded in both. */
export type EndsBySite = Readonly<Record<string, Readonly<Record<string, Ends>>>>;

export function withEnd(book: EndsBySite, site: string, isGood: boolean, now: Date): EndsBySite {
  const today = dayOf(now);
  const oldest = dayOf(new Date(now.getTime() - KEPT_DAYS * DAY_MS));
  const days = { ...book[site], [today]: plus(book[site]?.[today], isGood) };
  const kept = Object.entries({ ...book, [site]: days })
    .map(([name, byDay]) => [name, Object.entries(byDay).filter(([day]) => day > oldest)] as const)
    .filter(([, byDay]) => byDay.length > 0)
    .sort((a, b) => lastDay(b[1]).localeCompare(lastDay(a[1])))
    .slice(0, MOST_SITES * 5);
  return Object.fromEntries(kept.map(([name, byDay]) => [name, Object.fromEntries(byDay)]));
}

/** The most used first. */
export function successBySite(book: EndsBySite): SiteSuccess[] {
  return Object.keys(book)
    .map((site) => {
      const [succeeded, failed] = sumOf(book, site);
      return { site, succeeded, failed };
    })
    .sort((a, b) => b.succeeded + b.failed - a.succeeded - a.failed)
    .slice(0, MOST_SITES);
}

/** How the downloads of a site have ended since a switch; counts no further once it is judged. */
export function sinceSwitch(ends: Ends | undefined, isGood: boolean): Ends {
  const [succeeded, failed] = ends ?? [0, 0];
  return succeeded + failed >= JUDGED_ENDS ? [succeeded, failed] : plus(ends, isGood);
}

/** Whether a site fares clearly worse than with the engine before, of which something must be known. */
export function isWorse(fresh: Ends, before: EndsBySite, site: string): boolean {
  const known = sumOf(before, site);
  if (fresh[1] < FEWEST_FAILURES || known[0] === 0) return false;
  return rateOf(fresh) < rateOf(known) - CLEARLY_WORSE;
}

function sumOf(book: EndsBySite, site: string): Ends {
  return Object.values(book[site] ?? {}).reduce<Ends>(
    ([succeeded, failed], [good, bad]) => [succeeded + good, failed + bad],
    [0, 0],
  );
}

function plus(ends: Ends | undefined, isGood: boolean): Ends {
  const [succeeded, failed] = ends ?? [0, 0];
  return isGood ? [succeeded + 1, failed] : [succeeded, failed + 1];
}

function rateOf([succeeded, failed]: Ends): number {
  return succeeded / (succeeded + failed);
}

function lastDay(byDay: readonly (readonly [string, Ends])[]): string {
  return byDay.map(([day]) => day).reduce((a, b) => (a > b ? a : b), '');
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
