import {
  ENGINE_CHANNELS,
  ENGINE_EVENT_CODES,
  TRIAL_STEPS,
  type Engine,
  type EngineChannel,
  type EngineEvent,
  type EngineList,
  type TrialStep,
  parseUrl,
} from '@artemis/contracts';
import type { Ends, EndsBySite } from '../../domain/engines/engine-success.ts';

/** What is known of one version. */
export interface EngineNote {
  readonly addedAt: string | null;
  readonly trial: Engine['trial'];
  /** It was left because a site got worse. */
  readonly wasLeft: boolean;
  /** What its folder looked like at the trial. */
  readonly mark: string | null;
  readonly ends: EndsBySite;
}

export interface LedgerState {
  /** Null: as the setting says. */
  readonly channel: EngineChannel | null;
  readonly inUse: string | null;
  readonly usedSince: string | null;
  readonly previous: string | null;
  readonly isPinned: boolean;
  readonly lookedAt: string | null;
  readonly problem: EngineList['fetch_problem'];
  readonly engines: Readonly<Record<string, EngineNote>>;
  /** Since the last switch, by site. */
  readonly fresh: Readonly<Record<string, Ends>>;
  /** By site the newest link that was downloaded, the newest site last. */
  readonly links: Readonly<Record<string, string>>;
  /** The newest first. */
  readonly events: readonly EngineEvent[];
}

export const EMPTY_LEDGER: LedgerState = {
  channel: null,
  inUse: null,
  usedSince: null,
  previous: null,
  isPinned: false,
  lookedAt: null,
  problem: null,
  engines: {},
  fresh: {},
  links: {},
  events: [],
};

/**
 * What of `engines.json` can be used: a person, a full disk or another version of Artemis may have written into it, and what
 * is of another shape counts as not known.
 * @throws when the text is no such document at all
 */
export function parseLedger(text: string): LedgerState {
  const found: unknown = JSON.parse(text);
  if (!isObject(found)) throw new TypeError('engines.json is no object');
  const problem = objectIn(found['problem']);
  return {
    channel: oneOf(ENGINE_CHANNELS, found['channel']),
    inUse: textOf(found['inUse']),
    usedSince: timeOf(found['usedSince']),
    previous: textOf(found['previous']),
    isPinned: found['isPinned'] === true,
    lookedAt: timeOf(found['lookedAt']),
    problem:
      typeof problem['message'] === 'string' && typeof problem['remedy'] === 'string'
        ? {
            message: problem['message'],
            ...saidOf(problem, 'code', 'values'),
            remedy: problem['remedy'],
            ...saidOf(problem, 'remedy_code', 'remedy_values'),
          }
        : null,
    engines: entriesOf(found['engines'], noteOf),
    fresh: entriesOf(found['fresh'], endsOf),
    links: entriesOf(found['links'], linkOf),
    events: listIn(found['events']).flatMap((event) => eventOf(event) ?? []),
  };
}

function noteOf(found: unknown): EngineNote {
  const note = objectIn(found);
  return {
    addedAt: timeOf(note['addedAt']),
    trial: trialOf(note['trial']),
    wasLeft: note['wasLeft'] === true,
    mark: textOf(note['mark']),
    ends: entriesOf(note['ends'], (days) => entriesOf(days, endsOf)),
  };
}

/** One that was still running has ended with the server that held it, and is held again. */
function trialOf(found: unknown): Engine['trial'] {
  const trial = objectIn(found);
  const at = timeOf(trial['at']);
  const outcome = oneOf(['passed', 'failed'] as const, trial['outcome']);
  if (at === null || outcome === null) return null;
  return { at, outcome, steps: listIn(trial['steps']).flatMap((step) => stepOf(step) ?? []) };
}

function stepOf(found: unknown): TrialStep | null {
  const step = objectIn(found);
  const name = oneOf(TRIAL_STEPS, step['name']);
  const state = oneOf(['ok', 'warn', 'fail', 'skipped'] as const, step['state']);
  if (name === null || state === null) return null;
  return {
    ...{ name, state, site: textOf(step['site']), message: textOf(step['message']) },
    ...saidOf(step, 'code', 'values'),
  };
}

function eventOf(found: unknown): EngineEvent | null {
  const event = objectIn(found);
  const [at, code] = [timeOf(event['at']), oneOf(ENGINE_EVENT_CODES, event['code'])];
  if (at === null || code === null || typeof event['message'] !== 'string') return null;
  const [version, from, site] = ['version', 'from', 'site'].map((key) => textOf(event[key]));
  return {
    ...{ at, code, message: event['message'] },
    ...saidOf(event, 'message_code', 'message_values'),
    ...{ version: version ?? null, from: from ?? null, site: site ?? null },
  };
}

/** The code and the values of a sentence, as they are named here, if they are whole: without them there is its prose. */
function saidOf(
  found: Readonly<Record<string, unknown>>,
  codeField: string,
  valuesField: string,
): object {
  const code = textOf(found[codeField]);
  const values = found[valuesField];
  const isValue = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  if (code === null || !Object.values(objectIn(values)).every(isValue)) return {};
  return { [codeField]: code, ...(isObject(values) ? { [valuesField]: values } : {}) };
}

function endsOf(found: unknown): Ends | null {
  const [succeeded, failed] = listIn(found);
  const isCount = (value: unknown): value is number =>
    Number.isSafeInteger(value) && Number(value) >= 0;
  return isCount(succeeded) && isCount(failed) ? [succeeded, failed] : null;
}

function linkOf(found: unknown): string | null {
  return typeof found === 'string' && parseUrl(found) !== null ? found : null;
}

function entriesOf<T>(found: unknown, read: (value: unknown) => T | null): Record<string, T> {
  return Object.fromEntries(
    Object.entries(objectIn(found)).flatMap(([key, value]) => {
      const usable = read(value);
      return usable === null ? [] : [[key, usable] as const];
    }),
  );
}

function oneOf<T extends string>(known: readonly T[], found: unknown): T | null {
  return known.find((value) => value === found) ?? null;
}

function textOf(found: unknown): string | null {
  return typeof found === 'string' ? found : null;
}

function timeOf(found: unknown): string | null {
  return typeof found === 'string' && !Number.isNaN(Date.parse(found)) ? found : null;
}

function listIn(found: unknown): readonly unknown[] {
  return Array.isArray(found) ? found : [];
}

function objectIn(found: unknown): Readonly<Record<string, unknown>> {
  return isObject(found) ? found : {};
}

function isObject(found: unknown): found is Readonly<Record<string, unknown>> {
  return typeof found === 'object' && found !== null && !Array.isArray(found);
}
