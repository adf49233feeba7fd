import type { WorkFolders } from './ports.ts';
import type { Logger, Records } from './records.ts';

export interface WorkOfRecordsDependencies {
  readonly records: Pick<Records, 'watch'>;
  readonly workFolders: Pick<WorkFolders, 'remove'>;
  readonly logger: Logger;
  /** Resolves when nothing works in the folder of this download. */
  readonly untilEnded: (id: string) => Promise<void> | undefined;
}

/** The work folder goes with its record, also when that made room for another one. What fails is left to the clean-up. */
export function removeWorkWithRecords(dependencies: WorkOfRecordsDependencies): void {
  const { records, workFolders, logger, untilEnded } = dependencies;
  records.watch((change) => {
    if (change.kind === 'removed') void remove(change.id);
  });

  async function remove(id: string): Promise<void> {
    try {
      await untilEnded(id);
      await workFolders.remove(id);
    } catch (error) {
      logger.warn({ err: error, downloadId: id }, 'a work folder could not be removed');
    }
  }
}
