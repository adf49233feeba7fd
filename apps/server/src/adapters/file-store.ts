import type { Logger } from 'pino';
import type { FileStore } from '../domain/ports.ts';
import { lateImport } from '../late-import.ts';
import type { S3Settings } from '../storage-settings.ts';
import { createDiskFileStore, type DiskFileStoreOptions } from './file-store.disk.ts';

export interface FileStoreOptions extends DiskFileStoreOptions {
  readonly instanceId: string;
  readonly logger: Logger;
}

export interface OpenFileStore extends FileStore {
  /** What may take long, and nobody waits for. Call once. Never rejects. */
  tidy(): Promise<void>;
}

/** The disk, unless the settings have a bucket. What a bucket needs is only loaded then. */
export async function openFileStore(
  s3: S3Settings | null,
  options: FileStoreOptions,
): Promise<OpenFileStore> {
  if (s3 === null) {
    const files = await createDiskFileStore(options);
    return { ...files, tidy: files.learnOldFiles };
  }
  const { createS3FileStore } = await lateImport(() => import('./file-store.s3.ts'));
  const files = await createS3FileStore({ ...options, settings: s3 });
  return {
    ...files,
    tidy: () =>
      files.sweep().catch((error: unknown) => {
        options.logger.warn({ err: error }, 'what was begun in the bucket could not be swept');
      }),
  };
}
