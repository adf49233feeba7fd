import type { ActivityLog } from './activity-log.ts';
import type { DownloadQueue, FileStore } from './ports.ts';

const LOOK_EVERY_MS = 3000;

/** Holds back new downloads while the disk is short of room, and lets them go on by themselves. */
export interface DiskGate {
  /** Looks now and then every few seconds. */
  start(): Promise<void>;
  isOpen(): boolean;
  stop(): void;
}

export function createDiskGate(dependencies: {
  readonly files: Pick<FileStore, 'usage'>;
  readonly queue: Pick<DownloadQueue, 'setDiskGate'>;
  readonly log: ActivityLog;
  readonly minFreeBytes: number;
}): DiskGate {
  const { files, queue, log, minFreeBytes } = dependencies;
  let isOpen = true;
  let timer: NodeJS.Timeout | null = null;

  async function look(): Promise<void> {
    const { freeBytes } = await files.usage();
    const hasRoom = freeBytes === null || freeBytes >= minFreeBytes;
    if (hasRoom === isOpen) return;
    isOpen = hasRoom;
    queue.setDiskGate(hasRoom);
    if (hasRoom) log.write('info', 'There is room on the disk again; downloads go on.', null, true);
    else log.write('warn', 'The disk is short of room; new downloads wait.', null, true);
  }

  return {
    async start() {
      await look();
      timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
      timer.unref();
    },
    isOpen: () => isOpen,
    stop() {
      if (timer) clearInterval(timer);
    },
  };
}
