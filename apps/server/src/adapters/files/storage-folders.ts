import { say, saidAs, type ProseCode } from '@artemis/contracts';
import type { StoreHealth } from '../../domain/ports.ts';
import type { FolderProblem, WatchedFolder } from './watched-folder.ts';

const SAMPLE_NAME = 'write-test';

const CODES = {
  'is missing': ['FOLDER_MISSING', 'MOUNT_OR_CREATE'],
  'is another one than at the start': ['FOLDER_REPLACED', 'MOUNT_OR_TAKE'],
  'cannot be written': ['FOLDER_NOT_WRITABLE', 'ALLOW_WRITING'],
  'is read-only': ['FOLDER_READ_ONLY', 'MOUNT_FOR_WRITING'],
  'is on a full disk': ['FOLDER_ON_FULL_DISK', 'FREE_SPACE'],
} as const satisfies Readonly<Record<FolderProblem, readonly [ProseCode, ProseCode]>>;

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
      ...say('FOLDERS_FINE', { folder: name }),
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
  const [code, remedy] = CODES[problem];
  return {
    state: 'fail',
    ...say(code, { folder: name, path }),
    ...saidAs('remedy', say(remedy)),
  };
}
