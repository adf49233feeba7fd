import type { Artifact, Download } from '@artemis/contracts';
import type { Outcome } from './attempt.ts';
import type { ActivityLog } from './activity-log.ts';
import { IDLE } from './blank-record.ts';
import type { LiveDownloads } from './live-downloads.ts';
import { warningsAfter } from './selection/missing-parts.ts';
import type { FileName, FileStore, WorkFolders } from './ports.ts';
import type { Logger, Records } from './records.ts';

export interface PartsDependencies {
  readonly live: LiveDownloads;
  readonly records: Pick<Records, 'move'>;
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
  id: string,
  outcome: Exclude<Outcome, { kind: 'stopped' }>,
  dependencies: PartsDependencies,
): Promise<void> {
  const { live, records, workFolders, log, logger } = dependencies;
  const download = live.get(id)?.download;
  if (download?.status !== 'running') return;
  let patch: Partial<Download> = {};
  if (outcome.kind === 'failed') {
    if (outcome.detail) log.write('error', outcome.detail, id, false);
    tell(`its missing parts could not be fetched (${outcome.code}); what is stored stays.`);
  } else {
    try {
      patch = await store(id, outcome, download, dependencies);
      const missing = patch.warnings?.length ?? 0;
      tell(missing === 0 ? 'nothing is missing any more.' : 'something is still missing.');
    } catch (error) {
      logger.error({ err: error, downloadId: id }, 'could not store the parts of a download');
      tell('its missing parts could not be stored; what was stored stays.');
    }
  }
  // Retention, or a person, may have been faster than the store.
  const isStillStored = live.get(id)?.download.storage_path !== null;
  if (live.get(id)?.download.status === 'running') {
    await records.move(id, 'completed', {
      ...endOfParts(dependencies.now()),
      ...(isStillStored ? patch : {}),
    });
  }
  await workFolders.remove(id);

  function tell(what: string): void {
    log.write('info', `${download?.title ?? live.get(id)?.host ?? ''}: ${what}`, id, true);
  }
}

/** What a record shows again when its parts are not being fetched any more. */
export function endOfParts(at: Date): Partial<Download> {
  return {
    ...IDLE,
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
      ? { metadata: { ...download.metadata, duration: metadata.duration ?? null } }
      : {}),
  };
}

/** Under which name files lie beside this one. */
function nameOf({ storage_path: path, name }: Artifact): FileName {
  const directory = path.split('/').slice(1, -1).join('/');
  return { directory, base: name.replace(/\.[^.]*$/, '') };
}
