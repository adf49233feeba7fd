import { basename } from 'node:path';
import { say, type Engine, type EngineList } from '@artemis/contracts';
import { successBySite } from '../../domain/engines/engine-success.ts';
import { compareVersions, type ManagedCopy, type YtDlpTool } from '../tools/yt-dlp-finder.ts';
import type { EngineLedger } from './ledger.ts';
import { provenanceOf, type Provenance } from './provenance.ts';

export type WorkingCopy = ManagedCopy & { readonly tool: YtDlpTool };

export interface Listed {
  readonly copies: readonly WorkingCopy[];
  /** Copies that do not run. */
  readonly unfit: readonly ManagedCopy[];
  readonly trying: string | null;
  readonly used: YtDlpTool | null;
  readonly ledger: EngineLedger;
  readonly jobsOf: (version: string) => number;
  readonly now: Date;
}

type ListPart = Omit<EngineList, 'channel' | 'is_fetching' | 'next_look_at' | 'broken_sites'>;

/** The answer of `GET /engines`: the copies and what is known about them. */
export function listEngines(listed: Listed): ListPart {
  const { copies, used, ledger } = listed;
  const state = ledger.state();
  const versions = new Set(copies.map(({ tool }) => tool.version));
  const engines = copies.map((copy) => {
    const { version, ageDays } = copy.tool;
    return engineOf(version, ageDays, provenanceOf(copy), listed);
  });
  if (used !== null && !versions.has(used.version)) {
    const source = used.isManaged ? 'placed' : 'path';
    const origin = { source, channel: null, checksum: null } as const;
    engines.push(engineOf(used.version, used.ageDays, origin, listed));
    versions.add(used.version);
  }
  for (const copy of listed.unfit) {
    const name = basename(copy.folder);
    if (!versions.has(name)) engines.push(unfitEngine(name, copy, listed));
  }
  return {
    in_use: used?.version ?? null,
    previous: used?.isManaged === false ? null : state.previous,
    is_pinned: state.isPinned,
    looked_at: state.lookedAt,
    fetch_problem: state.problem,
    engines: engines.sort((a, b) => compareVersions(b.version, a.version)),
    events: [...state.events],
  };
}

function engineOf(
  version: string,
  ageDays: number,
  origin: Provenance,
  { ledger, used, trying, jobsOf }: Listed,
): Engine {
  const { trial, wasLeft, addedAt, ends } = ledger.note(version);
  const isUsed = version === used?.version;
  const isFailed = wasLeft || trial?.outcome === 'failed';
  const rest = trying === version ? 'trying' : isFailed ? 'failed' : 'ready';
  return {
    version,
    state: isUsed ? 'in_use' : rest,
    ...origin,
    added_at: addedAt,
    used_since: isUsed ? ledger.state().usedSince : null,
    age_days: ageDays,
    jobs: jobsOf(version),
    trial,
    sites: successBySite(ends),
  };
}

function unfitEngine(name: string, copy: ManagedCopy, listed: Listed): Engine {
  const step = {
    name: 'import',
    site: null,
    state: 'fail',
    ...say('TRIAL_NOT_WHOLE'),
  } as const;
  return {
    ...engineOf(name, 0, provenanceOf(copy), listed),
    state: 'failed',
    trial: { at: listed.now.toISOString(), outcome: 'failed', steps: [step] },
  };
}
