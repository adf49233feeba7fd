import {
  FAILURE_CODES,
  say,
  type FailureCode,
  type Said,
  type TrialStep,
} from '@artemis/contracts';
import { isOfTheEngine } from '../../domain/engines/engine-success.ts';
import type { EngineHost } from '../engine/engine-host.ts';
import type { SolverProof } from '../engine/solver-proof.ts';
import type { YtDlpTool } from '../tools/yt-dlp-finder.ts';
import type { EngineLedger } from './ledger.ts';
import { markOf } from './provenance.ts';
import type { SideHost, SideHosts } from './side-hosts.ts';

/** A small computer under load needs long to import and rehearse. */
const REHEARSAL_MS = 120_000;
const MOST_SITES = 5;

export interface TrialOptions {
  readonly sideHosts: SideHosts;
  readonly proofOf: (side: Pick<SideHost, 'tools' | 'withEngine'>) => Promise<SolverProof | null>;
  /** The proof of the engine in use. */
  readonly currentProof: () => Promise<SolverProof | null>;
  /** Looks at a link without downloading it; null, or why it could not be read: a code of failures, or a sentence. */
  readonly lookAt: (
    side: Pick<SideHost, 'withEngine'>,
    url: string,
    signal: AbortSignal,
  ) => Promise<string | Said | null>;
  /** The same with the engine in use. */
  readonly lookNow: (url: string, signal: AbortSignal) => Promise<string | Said | null>;
}

export interface Verdict {
  readonly code: 'TRIAL_PASSED' | 'TRIAL_FAILED';
  readonly said: Said;
  readonly site: string | null;
}

/** Runs a trial and saves its outcome; null when the server stops meanwhile, and the trial then counts as not held. */
export async function holdTrial(
  tool: YtDlpTool,
  options: {
    readonly ledger: EngineLedger;
    readonly trial: TrialOptions;
    readonly now: () => Date;
    /** Aborted when the server stops. */
    readonly signal: AbortSignal;
  },
): Promise<Verdict | null> {
  const { ledger, signal } = options;
  const { version } = tool;
  const mark = markOf(tool);
  const at = options.now().toISOString();
  const addedAt = ledger.note(version).addedAt ?? at;
  const keep = (outcome: 'running' | 'passed' | 'failed', steps: readonly TrialStep[]) =>
    ledger.setNote(
      version,
      { addedAt, mark, wasLeft: false, trial: { at, outcome, steps: [...steps] } },
      outcome === 'running',
    );
  keep('running', []);
  const links = Object.entries(ledger.state().links);
  const onSteps = (soFar: readonly TrialStep[]) => keep('running', soFar);
  const steps = await tryEngine(tool, links, options.trial, onSteps, signal);
  if (signal.aborted) {
    ledger.setNote(version, { trial: null });
    return null;
  }
  const failure = steps.find(({ state }) => state === 'fail');
  keep(failure ? 'failed' : 'passed', steps);
  if (failure === undefined) {
    return { code: 'TRIAL_PASSED', said: say('ENGINE_PASSED', { version }), site: null };
  }
  const { name: step, site, message, code, values } = failure;
  const isOfFailure = code === 'TRIAL_SITE_FAILED';
  const reasonCode = isOfFailure ? values?.['reason_code'] : code;
  const why = {
    ...{ version, step, reason: message ?? '' },
    ...(typeof reasonCode === 'string' ? { reason_code: reasonCode } : {}),
  };
  const said =
    site === null ? say('ENGINE_FAILED_STEP', why) : say('ENGINE_FAILED_SITE', { ...why, site });
  return { code: 'TRIAL_FAILED', said, site };
}

/** Tries a yt-dlp beside the one in use. The trial is passed when no step is `fail`. Never rejects. */
async function tryEngine(
  copy: YtDlpTool,
  links: readonly (readonly [site: string, url: string])[],
  options: TrialOptions,
  onSteps: (steps: readonly TrialStep[]) => void,
  signal: AbortSignal,
): Promise<readonly TrialStep[]> {
  const steps: TrialStep[] = [];
  const add = (
    name: TrialStep['name'],
    state: TrialStep['state'],
    why: string | Said | null = null,
    site: string | null = null,
  ) => {
    const words = why === null || typeof why === 'string' ? { message: why } : why;
    steps.push({ name, state, site, ...words });
    onSteps([...steps]);
    return state !== 'fail';
  };
  try {
    await options.sideHosts.use(copy, async (side) => {
      const trouble = await loaded(side.host, signal);
      const isOfRehearsal = typeof trouble === 'string' && trouble.startsWith('Rehearsal:');
      if (trouble !== null && !isOfRehearsal) return add('import', 'fail', trouble);
      add('import', 'ok');
      const [proof, current] = await Promise.all([options.proofOf(side), options.currentProof()]);
      if (proof === null) add('solve', 'skipped');
      else if (proof.works) add('solve', 'ok');
      else {
        const { version } = copy;
        const trouble = proof.isEngineTooOld
          ? say('TRIAL_WITHOUT_RUNTIMES', { version })
          : proof.trouble;
        add('solve', current?.works === true ? 'fail' : 'warn', trouble);
      }
      if (isOfRehearsal) return add('rehearsal', 'fail', trouble);
      // Only warm hosts rehearse.
      add('rehearsal', side.host.status().mode === 'warm' ? 'ok' : 'skipped');
      if (steps.some(({ state }) => state === 'fail')) return;
      for (const [site, url] of links.slice(-MOST_SITES)) {
        const problem = await options.lookAt(side, url, signal);
        if (problem === null) add('site', 'ok', null, site);
        // Links expire: a failure counts against the new version only while the old one still reads the link.
        else {
          const speaksAgainstIt =
            isOfTheVersion(problem) && (await options.lookNow(url, signal)) === null;
          add('site', speaksAgainstIt ? 'fail' : 'warn', reasonOf(problem), site);
        }
      }
    });
  } catch (error) {
    add('import', 'fail', error instanceof Error ? error.message : String(error));
  }
  return steps;
}

function reasonOf(problem: string | Said): string | Said {
  if (typeof problem !== 'string' || failureCodeOf(problem) === null) return problem;
  return say('TRIAL_SITE_FAILED', { reason: problem, reason_code: problem });
}

function failureCodeOf(problem: string | Said): FailureCode | null {
  return FAILURE_CODES.find((code) => code === problem) ?? null;
}

/** Whether a probe failed because of yt-dlp, and not because of the network or the site. */
function isOfTheVersion(problem: string | Said): boolean {
  const code = failureCodeOf(problem);
  return code === null || code === 'TIMED_OUT' || isOfTheEngine(code);
}

/** Null when the host has imported yt-dlp and, where possible, rehearsed; else the reason why not. */
function loaded(host: EngineHost, signal: AbortSignal): Promise<string | Said | null> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { mode, kind, warmFailure } = host.status();
      const isReady = mode === 'warm' || (mode === 'cold' && !canBeWarm(kind));
      if (warmFailure !== null) end(warmFailure);
      else if (mode === 'missing') end(say('TRIAL_DOES_NOT_RUN'));
      else if (isReady) end(null);
    };
    const end = (trouble: string | Said | null): void => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener('abort', stop);
      resolve(trouble);
    };
    // A closed host reports nothing more, so that the stop of the server would wait for ever.
    const stop = (): void => end(say('TRIAL_STOPPED'));
    signal.addEventListener('abort', stop);
    const unsubscribe = host.onChange(look);
    const timer = setTimeout(() => end(say('TRIAL_NOT_READY')), REHEARSAL_MS);
    if (signal.aborted) stop();
    else look();
  });
}

function canBeWarm(kind: 'module' | 'binary' | null): boolean {
  return process.platform === 'linux' && kind === 'module';
}
