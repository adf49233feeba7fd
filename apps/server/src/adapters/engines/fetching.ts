import { say, saidAs, type EngineChannel, type Said } from '@artemis/contracts';
import type { Tools } from '../tools/tools.ts';
import type { FetchAnswer, FetchRequest } from './fetch.ts';
import type { EngineLedger } from './ledger.ts';
import type { WorkingCopy } from './listing.ts';

export interface FetchingOptions {
  readonly ledger: EngineLedger;
  readonly tools: () => Tools;
  readonly channel: () => EngineChannel;
  readonly copies: () => readonly WorkingCopy[];
  readonly fetch: (request: FetchRequest, signal: AbortSignal) => Promise<FetchAnswer>;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly onFailed: (said: Said, version: string | null) => void;
}

/** Fetches exactly one version, or without a version a release newer than all copies; null when nothing was fetched. */
export function createFetching(options: FetchingOptions) {
  const { ledger, now, signal } = options;

  function requestFor(version: string | undefined): FetchRequest {
    const { toolsDir, python } = options.tools();
    const newest = options.copies()[0]?.tool.version;
    const isNightly =
      version === undefined ? options.channel() === 'nightly' : version.split('.').length > 3;
    return {
      toolsDir,
      python: python?.path ?? 'python3',
      channel: isNightly ? 'nightly' : 'stable',
      ...(version === undefined ? {} : { version }),
      ...(version === undefined && newest !== undefined ? { newerThan: newest } : {}),
    };
  }

  return async (version?: string): Promise<string | null> => {
    const request = requestFor(version);
    const answer = await options.fetch(request, signal);
    if (signal.aborted) return null;
    const lookedAt = now().toISOString();
    if (answer.kind === 'failed') {
      const { kind: _kind, ...why } = answer;
      const reason = {
        reason: why.message,
        ...(why.code === undefined ? {} : { ...why.values, reason_code: why.code }),
      };
      const { channel } = request;
      ledger.change({
        lookedAt,
        problem: { ...why, ...saidAs('remedy', say('FETCH_BY_HAND')) },
      });
      options.onFailed(
        version === undefined
          ? say('CHANNEL_NOT_FETCHED', { channel, ...reason })
          : say('ENGINE_NOT_FETCHED', { version, ...reason }),
        version ?? null,
      );
      return null;
    }
    ledger.change({ lookedAt, problem: null });
    return answer.kind === 'fetched' ? answer.version : null;
  };
}
