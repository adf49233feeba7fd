import type { Engine, EngineEvent, EngineList, TrialStep } from '@artemis/contracts';

/** The role of a version: `before` is the one that "Go back" would use. */
export type EngineTag = 'in_use' | 'trying' | 'ready' | 'before' | 'failed';

export interface EngineActions {
  readonly use: 'use' | 'go_back' | 'anyway' | null;
  /** The recommended choice: newer than the version in use, and nothing is known against it. */
  readonly isAdvised: boolean;
  readonly remove: 'now' | 'busy' | null;
}

export interface SiteRow {
  readonly site: string;
  readonly downloads: number;
  /** In the order of the versions; null where this version has not met the site. */
  readonly cells: readonly (SiteCell | null)[];
}

export interface SiteCell {
  readonly succeeded: number;
  readonly all: number;
  readonly percent: number;
  readonly tone: Tone;
}

export type Tone = 'ok' | 'warn' | 'err';

const ORDER: Readonly<Record<EngineTag, number>> = {
  in_use: 0,
  trying: 1,
  ready: 2,
  before: 3,
  failed: 4,
};

export function tagOf(engine: Engine, list: Pick<EngineList, 'previous'>): EngineTag {
  if (engine.state !== 'ready') return engine.state;
  return engine.version === list.previous ? 'before' : 'ready';
}

/** The one in use first, then what could take its place; of the same kind the newest first. */
export function inOrder(list: Pick<EngineList, 'engines' | 'previous'>): readonly Engine[] {
  return list.engines.toSorted(
    (a, b) =>
      ORDER[tagOf(a, list)] - ORDER[tagOf(b, list)] || compareVersions(b.version, a.version),
  );
}

/** By their numbers: `2026.2.10` is older than `2026.10.2`, and a nightly newer than the release of its day. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

export function actionsOf(
  engine: Engine,
  list: Pick<EngineList, 'previous' | 'in_use'>,
): EngineActions {
  const isManaged = engine.source !== 'path';
  const isFree = engine.state === 'ready' || engine.state === 'failed';
  const isNewer = list.in_use === null || compareVersions(engine.version, list.in_use) > 0;
  const canUse = engine.version === list.previous ? 'go_back' : 'use';
  return {
    use: engine.state === 'failed' ? 'anyway' : isFree ? canUse : null,
    isAdvised: engine.state === 'ready' && isNewer,
    remove: !isManaged || !isFree ? null : engine.jobs > 0 ? 'busy' : 'now',
  };
}

/** How many of how many downloads succeeded with it; null when it was not used yet. */
export function workedHere(engine: Engine): SiteCell | null {
  const succeeded = engine.sites.reduce((sum, one) => sum + one.succeeded, 0);
  const failed = engine.sites.reduce((sum, one) => sum + one.failed, 0);
  return cellOf(succeeded, failed);
}

function cellOf(succeeded: number, failed: number): SiteCell | null {
  const all = succeeded + failed;
  if (all === 0) return null;
  // Says 100 % only when none failed.
  const percent = Math.floor((succeeded / all) * 100);
  return { succeeded, all, percent, tone: percent >= 90 ? 'ok' : percent >= 70 ? 'warn' : 'err' };
}

/** Sites beside versions, the most used site first. */
export function siteRows(engines: readonly Engine[]): readonly SiteRow[] {
  const sites = new Set(engines.flatMap((engine) => engine.sites.map(({ site }) => site)));
  return [...sites]
    .map((site): SiteRow => {
      const cells = engines.map((engine) => {
        const found = engine.sites.find((one) => one.site === site);
        return found ? cellOf(found.succeeded, found.failed) : null;
      });
      return { site, cells, downloads: cells.reduce((sum, cell) => sum + (cell?.all ?? 0), 0) };
    })
    .filter(({ downloads }) => downloads > 0)
    .sort((a, b) => b.downloads - a.downloads || a.site.localeCompare(b.site));
}

export interface TrialSum {
  readonly passed: number;
  /** Steps that were left out are not among them. */
  readonly all: number;
  readonly tone: Tone | '';
}

export function trialSum(trial: NonNullable<Engine['trial']>): TrialSum {
  const counted = trial.steps.filter(({ state }) => state !== 'skipped');
  const passed = counted.filter(({ state }) => state === 'ok').length;
  const tone =
    trial.outcome === 'running'
      ? ''
      : trial.outcome === 'failed'
        ? 'err'
        : passed < counted.length
          ? 'warn'
          : 'ok';
  return { passed, all: counted.length, tone };
}

/** The trial that says most now: the one that runs, else the newest. */
export function trialToShow(engines: readonly Engine[]): Engine | null {
  const tried = engines.filter((engine) => engine.trial !== null);
  const at = (engine: Engine): number => Date.parse(engine.trial?.at ?? '');
  return (
    tried.find((engine) => engine.trial?.outcome === 'running') ??
    tried.toSorted((a, b) => at(b) - at(a))[0] ??
    null
  );
}

export const STEP_ICONS: Readonly<Record<TrialStep['state'], readonly [icon: string, Tone | '']>> =
  {
    running: ['running', ''],
    ok: ['done', 'ok'],
    warn: ['warn', 'warn'],
    fail: ['failed', 'err'],
    skipped: ['gone', ''],
  };

export const EVENT_ICONS: Readonly<
  Record<EngineEvent['code'], readonly [icon: string, Tone | 'accent' | '']>
> = {
  FETCHED: ['down', ''],
  FETCH_FAILED: ['warn', 'warn'],
  TRIAL_PASSED: ['done', 'ok'],
  TRIAL_FAILED: ['failed', 'err'],
  SWITCHED: ['fresh', 'accent'],
  WENT_BACK: ['back', 'warn'],
  REMOVED: ['trash', ''],
  GONE: ['gone', 'warn'],
  SITE_BROKEN: ['failed', 'err'],
  SITE_MENDED: ['done', 'ok'],
};

/** Something is on its way, so the list changes by itself soon. */
export function isBusy(list: EngineList): boolean {
  return list.is_fetching || list.engines.some(({ state }) => state === 'trying');
}
