import type { EngineList, FetchEngine } from '@artemis/contracts';
import type { ActivityLog } from '../../domain/activity-log.ts';
import type { ToldBrokenSite } from '../../domain/engines/engine-waits.ts';
import type { Engines } from '../../domain/ports.ts';
import type { Logger } from '../../domain/records.ts';
import type { WithEngine } from '../engine/engine-lease.ts';
import type { Tools } from '../tools/tools.ts';
import type { ManagedCopy, YtDlpTool } from '../tools/yt-dlp-finder.ts';
import type { Claims } from './claims.ts';
import type { FetchAnswer, FetchRequest } from './fetch.ts';
import type { EngineLedger } from './ledger.ts';
import type { SideHosts } from './side-hosts.ts';
import type { TrialOptions } from './trial.ts';

export interface EngineRoom extends Engines {
  list(): Promise<EngineList>;
  /** Answers at once; fetches and tries in the background. */
  fetch(request: FetchEngine): Promise<EngineList>;
  /** Idempotent. @throws {RequestError} ENGINE_NOT_FOUND, or ENGINE_IN_USE where a yt-dlp of the computer is used as it is */
  use(version: string): Promise<EngineList>;
  /** @throws {RequestError} ENGINE_NOT_FOUND, ENGINE_IN_USE */
  remove(version: string): Promise<void>;
  has(version: string): boolean;
  /** Whether a person, a trial or the first start has chosen this version. */
  isChosen(version: string): boolean;
  /** Runs jobs with one version, even when it is not in use. */
  withVersion(version: string): WithEngine;
  /** For `findTools`: notes the found copies and returns the one to use. */
  pick(copies: readonly ManagedCopy[]): YtDlpTool | null;
  /** Starts trials of copies and the search for releases. */
  start(): void;
  close(): Promise<void>;
}

export interface EngineRoomOptions {
  readonly ledger: EngineLedger;
  readonly defaultChannel: EngineList['channel'];
  readonly tools: () => Tools;
  readonly lookAnew: () => Promise<void>;
  readonly withEngine: WithEngine;
  readonly sideHosts: SideHosts;
  readonly claims: Claims;
  readonly trial: TrialOptions;
  readonly fetch: (request: FetchRequest, signal: AbortSignal) => Promise<FetchAnswer>;
  readonly jobsOf: (version: string) => number;
  readonly brokenSites: () => Promise<readonly ToldBrokenSite[]>;
  readonly log: Pick<ActivityLog, 'write'>;
  readonly logger: Logger;
  readonly now?: () => Date;
}
