import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { say, type EngineChannel, type Said } from '@artemis/contracts';
import type { LentCookies } from '../../domain/ports.ts';
import type { Prober } from '../../domain/ports.ts';
import { selectionOf } from '../../domain/selection/presets.ts';
import type { Solution, SolveRequest } from '../../worker/task.ts';
import { createEngineHost, type EngineHostOptions } from '../engine/engine-host.ts';
import {
  createEngineLease,
  type EngineLeaseOptions,
  type WithEngine,
} from '../engine/engine-lease.ts';
import { createSolverProof, type SolverProof } from '../engine/solver-proof.ts';
import type { Tools } from '../tools/tools.ts';
import { createClaims } from './claims.ts';
import type { EngineRoom, EngineRoomOptions } from './engine-room.ts';
import { createEngineRoom } from './engines.ts';
import { fetchEngine } from './fetch.ts';
import { openEngineLedger } from './ledger.ts';
import { createSideHosts } from './side-hosts.ts';

export interface OpenEnginesOptions extends Pick<
  EngineRoomOptions,
  'lookAnew' | 'withEngine' | 'jobsOf' | 'brokenSites' | 'log' | 'logger'
> {
  readonly config: {
    readonly dataDir: string;
    readonly toolsDir: string;
    readonly ytDlpChannel: EngineChannel;
    readonly fetchVariables: Readonly<Record<string, string>>;
    readonly caFile: string | null;
  };
  readonly instanceId: string;
  readonly repositoryRoot: string;
  readonly searchPath: string;
  readonly tools: () => Tools;
  /** For each host besides the main one. */
  readonly hosts: Omit<EngineHostOptions, 'tools' | 'onGone'>;
  /** For each way to one of these hosts. */
  readonly lease: Omit<EngineLeaseOptions, 'engineHost' | 'tools'>;
  readonly solve: (request: SolveRequest) => Promise<Solution>;
  readonly memoryBytes: number;
  readonly currentProof: () => Promise<SolverProof | null>;
  readonly lendCookies: (url: string) => LentCookies | null;
  /** A prober of its own, with the engine that is tried. */
  readonly proberOf: (withEngine: WithEngine, folder: string) => Prober;
}

/** The versions side by side, with all that they need from this computer. */
export async function openEngineRoom(options: OpenEnginesOptions): Promise<EngineRoom> {
  const { config, logger, tools, withEngine } = options;
  const at = (name: string) => resolve(config.dataDir, 'engine-trial', name);
  const sideHosts = createSideHosts({
    tools,
    startHost: (hostTools) => createEngineHost({ ...options.hosts, tools: hostTools }),
    leaseOf: (engineHost, hostTools) =>
      createEngineLease({ ...options.lease, engineHost, tools: hostTools }),
  });

  async function lookAt(
    engine: WithEngine,
    url: string,
    signal: AbortSignal,
  ): Promise<string | Said | null> {
    const prober = options.proberOf(engine, at('probes'));
    const link = { url, selection: selectionOf({}), firstEntry: 1 };
    try {
      const outcome = await prober.probe({ ...link, cookies: options.lendCookies(url) }, signal);
      if (outcome.kind === 'seen') return null;
      return outcome.kind === 'failed' ? outcome.code : say('TRIAL_PROBE_STOPPED');
    } catch (error) {
      return String(error);
    } finally {
      await prober.close();
    }
  }

  return createEngineRoom({
    ...options,
    ledger: await openEngineLedger(join(config.dataDir, 'engines.json'), logger),
    defaultChannel: config.ytDlpChannel,
    sideHosts,
    claims: createClaims(config.toolsDir, options.instanceId),
    trial: {
      sideHosts,
      proofOf: (side) =>
        createSolverProof({
          tools: () => side.tools,
          withEngine: side.withEngine,
          solve: options.solve,
          folder: at('proof'),
          memoryBytes: options.memoryBytes,
        })(),
      currentProof: options.currentProof,
      lookAt: (side, url, signal) => lookAt(side.withEngine, url, signal),
      lookNow: (url, signal) => lookAt(withEngine, url, signal),
    },
    fetch: (request, signal) =>
      fetchEngine(
        resolve(options.repositoryRoot, 'scripts/fetch-yt-dlp.mjs'),
        request,
        {
          ...config.fetchVariables,
          // A company's proxy shows certificates of its own.
          ...(config.caFile === null ? {} : { NODE_EXTRA_CA_CERTS: config.caFile }),
          ...{ PATH: options.searchPath, HOME: homedir() },
        },
        signal,
      ),
  });
}
