import { LRUCache } from 'lru-cache';
import { isWorse, sinceSwitch, withEnd } from '../../domain/engines/engine-success.ts';
import type { EngineEnd } from '../../domain/ports.ts';
import type { EngineLedger } from './ledger.ts';

/** A forgotten failure counts again; the attempts of one download are few and close together. */
const MOST_REMEMBERED = 2_000;

/** Counts how downloads end, by version and site. */
export interface SuccessBook {
  /** True when the site does clearly worse with this version, which is in use, than with the previous one. */
  note(version: string, site: string, end: EngineEnd): boolean;
}

export function createSuccessBook(ledger: EngineLedger, now: () => Date): SuccessBook {
  /** Failed downloads, because three failures of one download count as one. */
  const failed = new LRUCache<string, true>({ max: MOST_REMEMBERED });

  function isKnown(version: string, { id, isGood }: EngineEnd): boolean {
    const key = `${version} ${id}`;
    const wasKnown = failed.delete(key);
    if (isGood) return false;
    failed.set(key, true);
    return wasKnown;
  }

  return {
    note(version, site, end) {
      if (isKnown(version, end)) return false;
      const { isGood, url } = end;
      const { ends } = ledger.note(version);
      ledger.setNote(version, { ends: withEnd(ends, site, isGood, now()) }, true);
      const { links, fresh, inUse, previous } = ledger.state();
      if (isGood) {
        const { [site]: _, ...others } = links;
        ledger.change({ links: { ...others, [site]: url } }, true);
      }
      if (version !== inUse || previous === null) return false;
      const since = sinceSwitch(fresh[site], isGood);
      ledger.change({ fresh: { ...fresh, [site]: since } }, true);
      return !ledger.state().isPinned && isWorse(since, ledger.note(previous).ends, site);
    },
  };
}
