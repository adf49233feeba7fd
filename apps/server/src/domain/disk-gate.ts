import { say, isTerminal, type Said } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import type { DownloadStore } from './download-store.ts';
import type { DownloadQueue, FileStore, StoreHealth, WorkFolders } from './ports.ts';
import type { Records } from './records.ts';
import type { RunningAttempt } from './running-attempt.ts';

const LOOK_EVERY_MS = 3000;
const MIB = 1024 ** 2;

/** What a download takes of the disk at its peak, and how much of that is there already. */
export interface SpaceNeed {
  readonly totalBytes: number;
  readonly presentBytes: number;
}

/**
 * Holds back downloads while the disk is short of space for them, or a folder that they need cannot be used, and lets
 * them go on by themselves.
 */
export interface DiskGate {
  /** Looks now and then every few seconds. */
  start(): Promise<void>;
  /**
   * Whether a download could be stored and recorded, by a good look of the last seconds or else a new one; when not,
   * the queue is held. Never rejects.
   */
  seemsUsable(): Promise<boolean>;
  /** Looks whether a file can be stored at this moment; when not, the queue is held. Never rejects. */
  canStore(): Promise<boolean>;
  /**
   * Sets space aside for a running download that knows what it needs. False when that would leave less than is to
   * stay free; it is told in the log, and the need is remembered for the queue.
   */
  claim(attempt: RunningAttempt, need: SpaceNeed): Promise<boolean>;
  /** The attempt has ended: what it claimed is on the disk or not needed. */
  release(id: string): void;
  /** Of a download that was refused by `claim` and has not run since; null for any other. */
  neededBytes(id: string): number | null;
  /** Removes what a download that failed for want of space has left, when others could use that space. */
  giveUpPartial(id: string): Promise<void>;
  stop(): void;
}

export interface DiskGateDependencies {
  readonly files: Pick<FileStore, 'health'>;
  readonly workFolders: Pick<WorkFolders, 'remove' | 'freeBytes'>;
  readonly store: Pick<DownloadStore, 'health' | 'check'>;
  readonly queue: Pick<DownloadQueue, 'setDiskSpace'>;
  readonly records: Pick<Records, 'get' | 'find' | 'counts' | 'watch'>;
  readonly log: ActivityLog;
  readonly minFreeBytes: number;
  readonly lookEveryMs?: number;
}

export function createDiskGate(dependencies: DiskGateDependencies): DiskGate {
  const {
    files,
    workFolders,
    store,
    queue,
    records,
    log,
    minFreeBytes,
    lookEveryMs = LOOK_EVERY_MS,
  } = dependencies;
  const claims = new Map<string, SpaceNeed>();
  /** Of those that have claimed, what they have fetched by now. */
  const fetched = new Map<string, number>();
  const refused = new Map<string, number>();
  let hadSpace = true;
  let space = Infinity;
  let trouble: StoreHealth | null = null;
  let isLooking = false;
  let goodLookAtMs = -Infinity;
  let timer: NodeJS.Timeout | null = null;

  /** What running downloads have claimed and not yet written. */
  function outstandingBytes(): number {
    let bytes = 0;
    for (const [id, { totalBytes, presentBytes }] of claims) {
      bytes += Math.max(0, totalBytes - Math.max(presentBytes, fetched.get(id) ?? 0));
    }
    return bytes;
  }

  function spaceIn(freeBytes: number | null): number {
    return freeBytes === null ? Infinity : freeBytes - minFreeBytes - outstandingBytes();
  }

  records.watch((change) => {
    if (change.kind === 'removed') return refused.delete(change.id);
    const { id, status, downloaded_bytes: bytes } = change.stored.download;
    if (isTerminal(status)) refused.delete(id);
    if (claims.has(id)) fetched.set(id, bytes ?? 0);
  });

  function forgetClaim(id: string): void {
    claims.delete(id);
    fetched.delete(id);
  }

  async function findTrouble(): Promise<StoreHealth | null> {
    const storage = await files.health();
    if (storage.state === 'fail') return storage;
    if (store.health().state !== 'fail') return null;
    // While the queue is held nobody else may write, and so find out that it can be written again.
    const now = await store.check();
    return now.state === 'fail' ? now : null;
  }

  function setTrouble(found: StoreHealth | null): void {
    const before = trouble;
    trouble = found;
    goodLookAtMs = found === null ? performance.now() : -Infinity;
    tellQueue();
    if (found !== null && before?.message !== found.message) {
      log.write('warn', waitWords(found), null, true);
    } else if (found === null && before !== null) {
      log.write('info', say('FOLDERS_ARE_BACK'), null, true);
    }
  }

  function tellQueue(): void {
    queue.setDiskSpace(trouble === null ? space : -1);
  }

  async function hasWork(): Promise<boolean> {
    const { queued, running } = (await records.counts()).byStatus;
    return queued + running > 0;
  }

  async function look(): Promise<void> {
    const isFailing = trouble !== null || store.health().state === 'fail';
    if (isFailing || (await hasWork())) setTrouble(await findTrouble());
    // What is free in another folder's place says nothing.
    if (trouble !== null) return;
    space = spaceIn(await workFolders.freeBytes());
    if (space < 0 || refused.size > 0) await giveUpPartials();
    tellQueue();
    const hasSpace = space >= 0;
    if (hasSpace === hadSpace) return;
    hadSpace = hasSpace;
    if (hasSpace) log.write('info', say('SPACE_IS_BACK'), null, true);
    else log.write('warn', say('SPACE_IS_SHORT'), null, true);
  }

  /** A disk that does not answer must not be asked more and more. */
  async function lookOnce(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      await look();
    } finally {
      isLooking = false;
    }
  }

  /** Of all that failed for want of space. */
  async function giveUpPartials(): Promise<void> {
    const failed = {
      statuses: new Set(['failed'] as const),
      errorCode: 'DISK_FULL',
    };
    for (const { download } of await records.find(failed)) await giveUpPartial(download.id);
  }

  async function giveUpPartial(id: string): Promise<void> {
    if (await hasWork()) await workFolders.remove(id);
  }

  return {
    async start() {
      await look();
      timer = setInterval(() => void lookOnce().catch(() => undefined), lookEveryMs);
      timer.unref();
    },
    async seemsUsable() {
      // One look for each of many small downloads would be a third of what the server does for them.
      if (performance.now() - goodLookAtMs > lookEveryMs) setTrouble(await findTrouble());
      return trouble === null;
    },
    async canStore() {
      const storage = await files.health();
      if (storage.state === 'fail') setTrouble(storage);
      return storage.state !== 'fail';
    },
    async claim(attempt, need) {
      const { id } = attempt;
      forgetClaim(id);
      const stored = await attempt.current();
      if (!stored) return true;
      const freeBytes = await workFolders.freeBytes();
      // From here in one turn: two that ask at once must not be given the same space.
      space = spaceIn(freeBytes);
      const neededBytes = Math.max(0, need.totalBytes - need.presentBytes);
      if (neededBytes <= space) {
        claims.set(id, need);
        fetched.set(id, stored.download.downloaded_bytes ?? 0);
        refused.delete(id);
        return true;
      }
      refused.set(id, neededBytes);
      tellQueue();
      log.write(
        'warn',
        say('SPACE_NEEDED', { needed: mib(neededBytes), space: mib(space) }),
        id,
        true,
      );
      return false;
    },
    release: forgetClaim,
    neededBytes: (id) => refused.get(id) ?? null,
    giveUpPartial,
    stop() {
      if (timer) clearInterval(timer);
    },
  };
}

function mib(bytes: number): string {
  return `${Math.max(0, Math.round(bytes / MIB))} MiB`;
}

function waitWords(trouble: StoreHealth): Said {
  return say('DOWNLOADS_WAIT', {
    ...{ ...trouble.values, ...trouble.remedy_values },
    ...{ reason: trouble.message, remedy: trouble.remedy ?? '' },
    ...{
      reason_code: trouble.code ?? '',
      remedy_code: trouble.remedy_code ?? '',
    },
  });
}
