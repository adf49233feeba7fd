import type { StoreHealth } from '../../domain/ports.ts';
import type { FolderProblem, WatchedFolder } from './watched-folder.ts';

const SAMPLE_NAME = 'write-test';

const REMEDIES: Readonly<Record<FolderProblem, string>> = {
  'is missing': 'Mount its disk again. If it was deleted, restart Artemis, which creates it.',
  'is another one than at the start':
    'Mount its disk again. If this folder is to be used from now on, restart Artemis.',
  'cannot be written': 'Allow the user of the server to write to it.',
  'is read-only': 'Mount its disk for writing. The system makes a disk with errors read-only.',
  'is on a full disk': 'Free space on its disk.',
};

/** Two folders that are needed together: one for downloads, and the data folder with the index of stored files. */
export interface StorageFolders {
  /** Writes a small file to the data folder and removes it; concurrent calls share one look. Never rejects. */
  health(): Promise<StoreHealth>;
  /** False when another folder is in the place of the first; nothing may be made or deleted there. */
  isInPlace(): Promise<boolean>;
  /** Looks at the first folder alone, and writes nothing. Never rejects. */
  firstProblem(): Promise<StoreHealth | null>;
  /** @throws when one of the folders is missing or another one: stored files would otherwise be taken for deleted. */
  require(): Promise<void>;
}

export function createStorageFolders(
  name: 'downloads' | 'scratch',
  first: WatchedFolder,
  data: WatchedFolder,
): StorageFolders {
  let looking: Promise<StoreHealth> | null = null;

  async function firstProblem(): Promise<StoreHealth | null> {
    const problem = await first.problem();
    return problem === null ? null : failure(name, first, problem);
  }

  async function look(): Promise<StoreHealth> {
    const missing = await firstProblem();
    if (missing !== null) return missing;
    // Not in the downloads folder: when its disk is full, running downloads must fail and release their space.
    const problem = await data.problem(SAMPLE_NAME);
    if (problem !== null) return failure('data', data, problem);
    return {
      state: 'ok',
      message: `The ${name} folder and the data folder can be written.`,
      remedy: null,
    };
  }

  return {
    health() {
      looking ??= look().finally(() => (looking = null));
      return looking;
    },
    firstProblem,
    isInPlace: async () => (await first.identityProblem()) === null,
    async require() {
      const look = async (folder: WatchedFolder) => {
        const problem = await folder.identityProblem();
        return problem === null ? null : `${folder.path} ${problem}`;
      };
      const [ofFirst, ofData] = await Promise.all([look(first), look(data)]);
      const problem = ofFirst ?? ofData;
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
