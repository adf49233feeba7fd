import type { StoreHealth } from '../../domain/ports.ts';
import type { FolderProblem, WatchedFolder } from './watched-folder.ts';

const SAMPLE_NAME = 'write-test';

const REMEDIES: Readonly<Record<FolderProblem, string>> = {
  'is missing': 'Mount its disk again. If it was deleted, restart Artemis, which creates it.',
  'is another one than at the start':
    'Mount its disk again. If this folder is to be used from now on, restart Artemis.',
  'cannot be written': 'Give this user the right to write it.',
  'is read-only':
    'Mount its disk so that it can be written. A disk with errors is made read-only by the system.',
  'is on a full disk': 'Make room on its disk.',
};

/** The two folders that storing a file needs: the downloads, and the data with the index of what was stored. */
export interface StorageFolders {
  /** Writes a small file into the data folder and removes it; calls at the same time share that. Never rejects. */
  health(): Promise<StoreHealth>;
  /** False when another folder lies in the place of the downloads, where nothing may be made or deleted. */
  hasDownloads(): Promise<boolean>;
  /** @throws when either is gone or another one: its index, or its files, would be taken for lost. */
  require(): Promise<void>;
}

export function createStorageFolders(
  downloads: WatchedFolder,
  data: WatchedFolder,
): StorageFolders {
  let looking: Promise<StoreHealth> | null = null;

  async function look(): Promise<StoreHealth> {
    const missing = await downloads.problem();
    if (missing !== null) return failure('downloads', downloads, missing);
    // Not the downloads, too: one that is full has to let a download fail and give up what it has written.
    const problem = await data.problem(SAMPLE_NAME);
    if (problem !== null) return failure('data', data, problem);
    return {
      state: 'ok',
      message: 'The downloads folder and the data folder can be written.',
      remedy: null,
    };
  }

  return {
    health() {
      looking ??= look().finally(() => (looking = null));
      return looking;
    },
    hasDownloads: async () => (await downloads.identityProblem()) === null,
    async require() {
      const look = async (folder: WatchedFolder) => {
        const problem = await folder.identityProblem();
        return problem === null ? null : `${folder.path} ${problem}`;
      };
      const [first, second] = await Promise.all([look(downloads), look(data)]);
      const problem = first ?? second;
      if (problem !== null) throw new Error(problem);
    },
  };
}

function failure(name: string, { path }: WatchedFolder, problem: FolderProblem): StoreHealth {
  return {
    state: 'fail',
    message: `The ${name} folder ${path} ${problem}.`,
    remedy: REMEDIES[problem],
  };
}
