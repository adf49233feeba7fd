import { readFile, rename } from 'node:fs/promises';
import { codeOf } from '../../error-code.ts';
import type { Logger } from '../../domain/records.ts';
import { writeDurably } from '../files/durable-file.ts';
import { EMPTY_LEDGER, parseLedger, type EngineNote, type LedgerState } from './ledger-document.ts';

const MOST_EVENTS = 50;
const MOST_ENGINES = 30;
const MOST_LINKS = 20;
const COUNTERS_MS = 5 * 60_000;

const BLANK_NOTE: EngineNote = {
  addedAt: null,
  trial: null,
  wasLeft: false,
  mark: null,
  ends: {},
};

/** What is known about the versions of yt-dlp, kept in `engines.json`. */
export interface EngineLedger {
  state(): LedgerState;
  /** Takes effect at once; written soon, or with the counters of the next minutes when `isCounter`. Never throws. */
  change(patch: Partial<LedgerState>, isCounter?: boolean): void;
  note(version: string): EngineNote;
  setNote(version: string, patch: Partial<EngineNote>, isCounter?: boolean): void;
  /** Writes pending changes. */
  close(): Promise<void>;
}

/** Never rejects: a damaged file is set aside. */
export async function openEngineLedger(path: string, logger: Logger): Promise<EngineLedger> {
  let state = await read(path, logger);
  let isDirty = false;
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  function write(): Promise<void> {
    writing = writing
      .then(async () => {
        if (!isDirty) return;
        isDirty = false;
        await writeDurably(path, `${JSON.stringify(state)}\n`, 0o600);
      })
      .catch((error: unknown) => {
        isDirty = true;
        logger.warn({ err: error }, 'what is known of the engines could not be written');
      });
    return writing;
  }

  function change(patch: Partial<LedgerState>, isCounter = false): void {
    state = bounded({ ...state, ...patch });
    isDirty = true;
    if (!isCounter) return void write();
    timer ??= setTimeout(() => {
      timer = null;
      void write();
    }, COUNTERS_MS).unref();
  }

  const note = (version: string) => state.engines[version] ?? BLANK_NOTE;
  return {
    state: () => state,
    change,
    note,
    setNote(version, patch, isCounter) {
      const engines = { ...state.engines, [version]: { ...note(version), ...patch } };
      change({ engines }, isCounter);
    },
    async close() {
      if (timer) clearTimeout(timer);
      await write();
    },
  };
}

async function read(path: string, logger: Logger): Promise<LedgerState> {
  try {
    return bounded(parseLedger(await readFile(path, 'utf8')));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') {
      logger.warn({ err: error }, 'engines.json is set aside');
      await rename(path, `${path}.damaged`).catch(() => undefined);
    }
    return EMPTY_LEDGER;
  }
}

function bounded(state: LedgerState): LedgerState {
  const engines = Object.entries(state.engines)
    .sort(([a], [b]) => b.localeCompare(a, 'en', { numeric: true }))
    .slice(0, MOST_ENGINES);
  return {
    ...state,
    engines: Object.fromEntries(engines),
    links: Object.fromEntries(Object.entries(state.links).slice(-MOST_LINKS)),
    fresh: Object.fromEntries(Object.entries(state.fresh).slice(-MOST_LINKS)),
    events: state.events.slice(0, MOST_EVENTS),
  };
}
