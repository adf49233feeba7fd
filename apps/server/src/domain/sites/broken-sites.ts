/** So many different links must fail alike, with no success of their site in between. */
const LINKS_TO_BREAK = 3;
/** What failed longer ago is no part of the same event. */
const WINDOW_MS = 3_600_000;
const FIRST_PAUSE_MS = 120_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Of one site; a flood of failures needs no more. */
const MOST_SUSPECTS = 50;

export interface Symptom {
  readonly id: string;
  readonly link: string;
  /** Of the yt-dlp that it failed with. */
  readonly version: string;
}

export interface BrokenSite {
  readonly site: string;
  /** Epoch milliseconds of the first failure of the event. */
  readonly sinceMs: number;
  readonly version: string;
  readonly failures: number;
  readonly lastFailureMs: number;
  /** When the next scout may go; null while one is under way. */
  readonly nextTryMs: number | null;
}

/**
 * Which sites fail the way an outdated yt-dlp makes them fail, and which single download, the scout, may try a broken
 * one after pauses that grow from 2 minutes to an hour. In memory only; knows time only by what it is told.
 */
export interface BrokenSites {
  /**
   * A download has failed like that.
   * @returns the downloads of the event, itself among them, when the site counts as broken by this; else none
   */
  symptom(site: string, symptom: Symptom, nowMs: number): readonly string[];
  /** A download from there has ended well. True when the site was broken. */
  success(site: string): boolean;
  /** Whether it may start: false when its site is broken and another goes first. The one that may becomes the scout. */
  ask(site: string, id: string, nowMs: number): boolean;
  /** Its attempt is over, whatever has become of it. */
  ended(site: string, id: string, wasStopped: boolean, nowMs: number): void;
  /** Epoch milliseconds until which it has to wait; null when it may go. */
  heldUntilMs(site: string, id: string, nowMs: number): number | null;
  /** The site is not held any more. True when it was. */
  lift(site: string): boolean;
  /** As an earlier run of the server has left it: a scout may go at once. */
  restore(site: string, sinceMs: number, version: string, nowMs: number): void;
  get(site: string): BrokenSite | null;
  all(): readonly BrokenSite[];
}

interface Broken extends BrokenSite {
  readonly scout: string | null;
  /** Scouts that have failed. */
  readonly tries: number;
}

interface Suspect extends Symptom {
  readonly atMs: number;
}

export function createBrokenSites(): BrokenSites {
  const suspects = new Map<string, readonly Suspect[]>();
  const broken = new Map<string, Broken>();

  /** Sites that nobody asks for any more must not be kept for ever. */
  function forgetOld(nowMs: number): void {
    for (const [site, found] of suspects) {
      const left = found.filter(({ atMs }) => Math.abs(nowMs - atMs) <= WINDOW_MS);
      if (left.length === 0) suspects.delete(site);
      else suspects.set(site, left);
    }
  }

  function failAgain(known: Broken, { id }: Symptom, nowMs: number): void {
    const next = { ...known, failures: known.failures + 1, lastFailureMs: nowMs };
    const isOfScout = known.scout === id;
    const tries = known.tries + 1;
    const after = { scout: null, tries, nextTryMs: nowMs + pauseMs(tries) };
    broken.set(known.site, isOfScout ? { ...next, ...after } : next);
  }

  return {
    symptom(site, symptom, nowMs) {
      const known = broken.get(site);
      if (known) {
        failAgain(known, symptom, nowMs);
        return [];
      }
      forgetOld(nowMs);
      const { version } = symptom;
      const alike = (suspects.get(site) ?? []).filter((one) => one.version === version);
      const found = [...alike, { ...symptom, atMs: nowMs }].slice(-MOST_SUSPECTS);
      suspects.set(site, found);
      if (new Set(found.map(({ link }) => link)).size < LINKS_TO_BREAK) return [];
      suspects.delete(site);
      broken.set(site, {
        ...{ site, version, failures: found.length, lastFailureMs: nowMs },
        ...{ sinceMs: found[0]?.atMs ?? nowMs, scout: null, tries: 0 },
        nextTryMs: nowMs + pauseMs(0),
      });
      return [...new Set(found.map(({ id }) => id))];
    },
    success(site) {
      suspects.delete(site);
      return broken.delete(site);
    },
    ask(site, id, nowMs) {
      const known = broken.get(site);
      if (!known || known.scout === id) return true;
      if (known.nextTryMs === null || nowMs < known.nextTryMs) return false;
      broken.set(site, { ...known, scout: id, nextTryMs: null });
      return true;
    },
    ended(site, id, wasStopped, nowMs) {
      const known = broken.get(site);
      if (known?.scout !== id) return;
      // It has said nothing about the site, so the pause does not grow.
      const nextTryMs = wasStopped ? nowMs : nowMs + pauseMs(known.tries);
      broken.set(site, { ...known, scout: null, nextTryMs });
    },
    heldUntilMs(site, id, nowMs) {
      const known = broken.get(site);
      if (!known || known.scout === id) return null;
      return known.nextTryMs ?? nowMs + LONGEST_PAUSE_MS;
    },
    lift(site) {
      suspects.delete(site);
      return broken.delete(site);
    },
    restore(site, sinceMs, version, nowMs) {
      broken.set(site, {
        ...{ site, sinceMs, version, failures: LINKS_TO_BREAK, lastFailureMs: nowMs },
        ...{ scout: null, tries: 0, nextTryMs: nowMs },
      });
    },
    get: (site) => broken.get(site) ?? null,
    all: () => [...broken.values()],
  };
}

function pauseMs(tries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 10), LONGEST_PAUSE_MS);
}
