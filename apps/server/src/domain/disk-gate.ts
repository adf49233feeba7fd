import { isTerminal } from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import type { LiveDownloads } from './live-downloads.ts';
import type { DownloadQueue, FileStore } from './ports.ts';

const LOOK_EVERY_MS = 3000;
const MIB = 1024 ** 2;

/** What a download takes of the disk at its peak, and how much of that is there already. */
export interface SpaceNeed {
  readonly totalBytes: number;
  readonly presentBytes: number;
}

/** Holds back downloads while the disk is short of room for them, and lets them go on by themselves. */
export interface DiskGate {
  /** Looks now and then every few seconds. */
  start(): Promise<void>;
  /**
   * Sets room aside for a running download that knows what it needs. False when that would leave less than is to
   * stay free; it is told in the log, and the need is remembered for the queue.
   */
  claim(id: string, need: SpaceNeed): Promise<boolean>;
  /** The attempt has ended: what it claimed is on the disk or not needed. */
  release(id: string): void;
  /** Of a download that was refused by `claim` and has not run since; null for any other. */
  neededBytes(id: string): number | null;
  /** Removes what a download that failed for want of room has left, when others could use that room. */
  giveUpPartial(id: string): Promise<void>;
  stop(): void;
}

export interface DiskGateDependencies {
  readonly files: Pick<FileStore, 'usage' | 'removeJobFolder'>;
  readonly queue: Pick<DownloadQueue, 'setDiskRoom'>;
  readonly live: LiveDownloads;
  readonly log: ActivityLog;
  readonly minFreeBytes: number;
  readonly lookEveryMs?: number;
}

export function createDiskGate(dependencies: DiskGateDependencies): DiskGate {
  const { files, queue, live, log, minFreeBytes, lookEveryMs = LOOK_EVERY_MS } = dependencies;
  const claims = new Map<string, SpaceNeed>();
  const refused = new Map<string, number>();
  let hadRoom = true;
  let timer: NodeJS.Timeout | null = null;

  /** What running downloads have claimed and not yet written. */
  function outstandingBytes(): number {
    let bytes = 0;
    for (const [id, { totalBytes, presentBytes }] of claims) {
      const downloaded = live.get(id)?.download.downloaded_bytes ?? 0;
      bytes += Math.max(0, totalBytes - Math.max(presentBytes, downloaded));
    }
    return bytes;
  }

  function roomIn(freeBytes: number | null): number {
    return freeBytes === null ? Infinity : freeBytes - minFreeBytes - outstandingBytes();
  }

  function forgetEnded(): void {
    for (const id of refused.keys()) {
      const status = live.get(id)?.download.status;
      if (status === undefined || isTerminal(status)) refused.delete(id);
    }
  }

  async function look(): Promise<void> {
    forgetEnded();
    const room = roomIn((await files.usage()).freeBytes);
    if (room < 0 || refused.size > 0) await giveUpPartials();
    queue.setDiskRoom(room);
    const hasRoom = room >= 0;
    if (hasRoom === hadRoom) return;
    hadRoom = hasRoom;
    if (hasRoom) log.write('info', 'There is room on the disk again; downloads go on.', null, true);
    else log.write('warn', 'The disk is short of room; new downloads wait.', null, true);
  }

  /** Of all that failed for want of room. */
  async function giveUpPartials(): Promise<void> {
    for (const { download } of live.all()) {
      if (download.status === 'failed' && download.error?.code === 'DISK_FULL') {
        await giveUpPartial(download.id);
      }
    }
  }

  async function giveUpPartial(id: string): Promise<void> {
    if (live.count('queued') + live.count('running') > 0) await files.removeJobFolder(id);
  }

  return {
    async start() {
      await look();
      timer = setInterval(() => void look().catch(() => undefined), lookEveryMs);
      timer.unref();
    },
    async claim(id, need) {
      claims.delete(id);
      const { freeBytes } = await files.usage();
      // From here in one turn: two that ask at once must not be given the same room.
      const room = roomIn(freeBytes);
      const neededBytes = Math.max(0, need.totalBytes - need.presentBytes);
      if (live.get(id)?.download.status !== 'running') return true;
      if (neededBytes <= room) {
        claims.set(id, need);
        refused.delete(id);
        return true;
      }
      refused.set(id, neededBytes);
      queue.setDiskRoom(room);
      log.write(
        'warn',
        `Needs ${mib(neededBytes)} on the disk and ${mib(room)} may be used; it starts by itself when there is room.`,
        id,
        true,
      );
      return false;
    },
    release: (id) => void claims.delete(id),
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
