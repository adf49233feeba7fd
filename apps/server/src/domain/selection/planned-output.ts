import {
  type Download,
  ACTIVE_STATUSES,
  type Metadata,
  type PlannedOutput,
  type Selection,
} from '@artemis/contracts';
import { isNamedByMetadata, plannedPath } from './file-name.ts';
import type { FileStore } from '../ports.ts';
import type { Records } from '../records.ts';

/** Stands for the id that a download gets when it is queued. */
const ID_PLACEHOLDER = '{id}';

export interface OutputPlannerDependencies {
  readonly records: Pick<Records, 'find'>;
  readonly files: Pick<FileStore, 'isTaken'>;
  /** Of names that no request gives. */
  readonly nameTemplate: string;
  /** What is known of a link that was looked at a short time ago, or null. */
  readonly probedMetadata: (url: string) => Metadata | null;
}

export type OutputPlanner = (
  selection: Selection,
  metadata: Metadata,
) => Promise<PlannedOutput | null>;

/**
 * Tells where a download would be stored, before it is queued, and whether the name is taken: by a file, or by a
 * download under way of which enough is known. Only the store decides in the end, by a number and never by replacing.
 */
export function createOutputPlanner(dependencies: OutputPlannerDependencies): OutputPlanner {
  const { records, files, nameTemplate, probedMetadata } = dependencies;

  function pathOfActive(download: Download): string | null {
    const isKnown = download.metadata.title !== undefined;
    const metadata = isKnown ? download.metadata : probedMetadata(download.url);
    if (metadata === null && isNamedByMetadata(download.options, nameTemplate)) return null;
    return plannedPath({ ...download, metadata: metadata ?? {} }, nameTemplate);
  }

  return async (selection, metadata) => {
    const path = plannedPath(
      { ...selection, id: ID_PLACEHOLDER, title: null, metadata },
      nameTemplate,
    );
    if (path === null) return null;
    const active = await records.find({ statuses: new Set(ACTIVE_STATUSES) });
    const isOfActive = active.some(({ download }) => pathOfActive(download) === path);
    const takenBy = (await files.isTaken(path)) ? 'file' : isOfActive ? 'download' : null;
    return { path: `downloads/${path}`, taken_by: takenBy };
  };
}
