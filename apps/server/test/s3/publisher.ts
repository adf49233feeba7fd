import { createS3FileStore } from '../../src/adapters/file-store.s3.ts';
import { lockDownloadsFolder } from '../../src/adapters/files/downloads-lock.ts';
import type { OutcomeFile } from '../../src/domain/attempt.ts';
import { begunAt } from '../../src/domain/passed-time.ts';
import type { S3Settings } from '../../src/storage-settings.ts';

/** What a process that is to be killed stores meanwhile. */
export interface Publication {
  readonly settings: S3Settings;
  readonly dataDir: string;
  readonly downloadsDir: string;
  readonly id: string;
  readonly file: OutcomeFile;
}

process.once('message', (message) => {
  const { id, file, downloadsDir, ...options } = message as Publication;
  void createS3FileStore({
    ...options,
    instanceId: 'one',
    lock: lockDownloadsFolder(downloadsDir, 'one'),
    onLeft: () => undefined,
    workHealth: () => Promise.resolve(null),
    passedTime: () => ({ ...begunAt(0), passedMs: 1e9 }),
  }).then((store) => store.publish(id, [file], { directory: '', base: 'x' }));
});
