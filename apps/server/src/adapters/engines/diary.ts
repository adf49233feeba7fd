import { saidAs, type EngineEvent, type Said } from '@artemis/contracts';
import type { ActivityLog } from '../../domain/activity-log.ts';
import type { EngineLedger } from './ledger.ts';

type About = Partial<Pick<EngineEvent, 'version' | 'from' | 'site'>>;

const BAD: ReadonlySet<EngineEvent['code']> = new Set<EngineEvent['code']>([
  'TRIAL_FAILED',
  'WENT_BACK',
  'FETCH_FAILED',
  'GONE',
]);

/** What has happened to the versions: kept in the ledger, and told on the console. */
export function createDiary(
  ledger: EngineLedger,
  log: Pick<ActivityLog, 'write'>,
  now: () => Date,
) {
  function record(code: EngineEvent['code'], said: Said, about: About): void {
    const event = { version: null, from: null, site: null, ...about };
    const words = saidAs('message', said);
    const events = [
      { at: now().toISOString(), code, ...words, ...event },
      ...ledger.state().events,
    ];
    ledger.change({ events });
  }

  return {
    /** Of what the console is told by others. */
    record,
    tell(code: EngineEvent['code'], said: Said, about: About = {}): void {
      record(code, said, about);
      log.write(BAD.has(code) ? 'warn' : 'info', said, null, true);
    },
  };
}

export type Diary = ReturnType<typeof createDiary>;
