import { basename } from 'node:path';
import { chosenVersion } from '../../domain/engines/engine-choice.ts';
import { compareVersions, type ManagedCopy, type YtDlpTool } from '../tools/yt-dlp-finder.ts';
import type { EngineLedger } from './ledger.ts';
import type { WorkingCopy } from './listing.ts';
import { markOf } from './provenance.ts';

export interface ShelfOptions {
  readonly ledger: EngineLedger;
  readonly usedVersion: () => string | null;
  readonly isTrying: (version: string) => boolean;
  readonly mayTry: () => boolean;
  /** A copy was seen twice without a change, and is newer than the one in use. */
  readonly onReady: (copy: WorkingCopy) => void;
  /** A copy was seen for the first time, and may still be incomplete. */
  readonly onUnsettled: () => void;
}

export interface Shelf {
  /** For `findTools`: notes the found copies and returns the one to use. */
  pick(found: readonly ManagedCopy[]): YtDlpTool | null;
  /** Newest first, each version once. */
  copies(): readonly WorkingCopy[];
  /** Copies that do not run. */
  unfit(): readonly ManagedCopy[];
  copyOf(version: string): WorkingCopy | undefined;
  /** Whether the copy is newer than the one in use and was not tried in its present state. */
  isUntried(tool: YtDlpTool): boolean;
  drop(copy: ManagedCopy): void;
}

/** The copies in the tools folder, as they were at the last look. */
export function createShelf(options: ShelfOptions): Shelf {
  const { ledger } = options;
  let copies: readonly WorkingCopy[] = [];
  let unfit: readonly ManagedCopy[] = [];
  let settled = new Set<string>();
  const copyOf = (version: string) => copies.find(({ tool }) => tool.version === version);

  function pick(found: readonly ManagedCopy[]): YtDlpTool | null {
    const byVersion = new Map<string, WorkingCopy>();
    for (const { folder, tool } of found) {
      if (tool !== null && !byVersion.has(tool.version))
        byVersion.set(tool.version, { folder, tool });
    }
    copies = [...byVersion.values()].sort((a, b) =>
      compareVersions(b.tool.version, a.tool.version),
    );
    unfit = found.filter(({ tool }) => tool === null);
    forgetGone();
    const version = chosenVersion(
      copies.map(({ tool }) => candidate(tool)),
      ledger.state().inUse,
    );
    if (options.mayTry()) sight();
    return version === null ? null : (copyOf(version)?.tool ?? null);
  }

  function candidate({ version }: YtDlpTool) {
    const { trial, wasLeft } = ledger.note(version);
    const isTried = trial?.outcome === 'passed';
    return { version, isTried, isRefused: wasLeft || trial?.outcome === 'failed' };
  }

  /** Forgets trials of folders that are gone: a folder that comes back is another copy. */
  function forgetGone(): void {
    const { previous } = ledger.state();
    if (previous !== null && isGone(previous)) ledger.change({ previous: null });
    for (const [version, { trial }] of Object.entries(ledger.state().engines)) {
      if (trial === null || options.isTrying(version) || !isGone(version)) continue;
      ledger.setNote(version, { trial: null, wasLeft: false, mark: null }, true);
    }
  }

  /** A copy that does not run is not gone: a busy computer may have been too slow to load it. */
  function isGone(version: string): boolean {
    const isUnfit = unfit.some(({ folder }) => basename(folder) === version);
    return copyOf(version) === undefined && !isUnfit;
  }

  function sight(): void {
    const fresh = copies.filter(({ tool }) => isUntried(tool));
    const seen = new Set(fresh.map(({ tool }) => `${tool.path} ${markOf(tool)}`));
    const ready = fresh.filter(({ tool }) => settled.has(`${tool.path} ${markOf(tool)}`));
    settled = seen;
    if (ready.length < fresh.length) options.onUnsettled();
    for (const copy of ready) options.onReady(copy);
  }

  function isUntried(tool: YtDlpTool): boolean {
    const inUse = options.usedVersion();
    if (options.isTrying(tool.version)) return false;
    const { trial, mark } = ledger.note(tool.version);
    const isDone = trial !== null && (trial.outcome === 'passed' || mark === markOf(tool));
    return !isDone && (inUse === null || compareVersions(tool.version, inUse) > 0);
  }

  return {
    pick,
    copies: () => copies,
    unfit: () => unfit,
    copyOf,
    isUntried,
    drop(copy) {
      copies = copies.filter((other) => other !== copy);
      unfit = unfit.filter((other) => other !== copy);
    },
  };
}
