import { say, type Said, type Artifact, type Download } from '@artemis/contracts';
import type { Outcome } from './attempt.ts';
import type { ActivityLog } from './activity-log.ts';
import { IDLE } from './blank-record.ts';
import { warningsAfter } from './selection/missing-parts.ts';
import type { FileName, FileStore, WorkFolders } from './ports.ts';
import type { Logger } from './records.ts';
import type { RunningAttempt } from './running-attempt.ts';

export interface PartsDependencies {
  readonly files: FileStore;
  readonly workFolders: Pick<WorkFolders, 'remove'>;
  readonly log: ActivityLog;
  readonly logger: Logger;
  readonly now: () => Date;
}

/**
 * Ends the retry of missing parts: the download is completed again, with what was had, and with the file that it had
 * before when anything went wrong.
 */
export async function settleParts(
  attempt: RunningAttempt,
  outcome: Exclude<Outcome, { kind: 'stopped' }>,
  dependencies: PartsDependencies,
): Promise<void> {
  const { workFolders, log, logger } = dependencies;
  const { id, host } = attempt;
  const stored = await attempt.current();
  if (!stored) return;
  const { download } = stored;
  const name = download.title ?? host;
  let patch: Partial<Download> = {};
  if (outcome.kind === 'failed') {
    if (outcome.detail) log.write('error', outcome.detail, id, false);
    tell(say('PARTS_NOT_FETCHED', { name, failure: outcome.code }));
  } else {
    try {
      patch = await store(id, outcome, download, dependencies);
      const missing = patch.warnings?.length ?? 0;
      tell(
        say(missing === 0 ? 'PARTS_ALL_THERE' : 'PARTS_STILL_MISSING', {
          name,
        }),
      );
    } catch (error) {
      logger.error({ err: error, downloadId: id }, 'could not store the parts of a download');
      tell(say('PARTS_NOT_STORED', { name }));
    }
  }
  await attempt.change(({ download: current }) => ({
    patch: {
      ...endOfParts(dependencies.now()),
      // Retention, or a person, may have been faster than the store.
      ...(current.storage_path === null ? {} : patch),
    },
  }));
  await workFolders.remove(id);

  function tell(said: Said): void {
    log.write('info', said, id, true);
  }
}

/** What a record shows again when its parts are not being fetched any more. */
export function endOfParts(at: Date): Partial<Download> {
  return {
    ...IDLE,
    status: 'completed',
    retry_parts: [],
    progress: 100,
    retry_at: null,
    completed_at: at.toISOString(),
  };
}

async function store(
  id: string,
  { files: fetched, metadata, warnings }: Extract<Outcome, { kind: 'done' }>,
  download: Download,
  { files }: PartsDependencies,
): Promise<Partial<Download>> {
  const media = download.artifacts.find(({ kind }) => kind === 'media');
  if (media === undefined) return {};
  const besides = fetched.filter(({ kind }) => kind !== 'media');
  const added = await files.publish(id, besides, nameOf(media));
  const replacement = fetched.find(({ kind }) => kind === 'media');
  // Last, because it is the one that cannot be taken back.
  const stored = replacement ? await files.replace(id, media, replacement) : media;
  const kept = download.artifacts.filter(
    ({ storage_path: path }) =>
      path !== media.storage_path && !added.some((artifact) => artifact.storage_path === path),
  );
  return {
    artifacts: [stored, ...kept, ...added],
    storage_path: stored.storage_path,
    file_size: stored.size,
    warnings: warningsAfter(download, warnings),
    ...(replacement
      ? {
          metadata: {
            ...download.metadata,
            duration: metadata.duration ?? null,
          },
        }
      : {}),
  };
}

/** Under which name files lie beside this one. */
function nameOf({ storage_path: path, name }: Artifact): FileName {
  const directory = path.split('/').slice(1, -1).join('/');
  return { directory, base: name.replace(/\.[^.]*$/, '') };
}
