import type { Selection } from '@artemis/contracts';
import { DEFAULT_SELECTION } from '@artemis/contracts/rules';
import { parseSelection } from '../selection/selection.ts';
import { createCell, isRecord, type Cell } from '../storage/cell.ts';

export interface LastChoicesBody {
  readonly presetId: string | null;
  readonly format: Selection;
  /** Folder below the downloads folder, `''` for the folder itself. */
  readonly downloadDir: string;
  /** Newest first. */
  readonly folders: readonly string[];
}

const FALLBACK: LastChoicesBody = {
  presetId: null,
  format: DEFAULT_SELECTION,
  downloadDir: '',
  folders: [],
};

export function createLastChoicesCell(storage?: () => Storage): Cell<LastChoicesBody> {
  return createCell<LastChoicesBody>(
    {
      key: 'workspace-last:v1',
      version: 1,
      maxCharacters: 8192,
      fallback: () => FALLBACK,
      parse: (body) => {
        if (!isRecord(body)) return null;
        const { presetId, downloadDir, folders } = body;
        return {
          ...body,
          presetId: typeof presetId === 'string' ? presetId : null,
          format: parseSelection(body['format']) ?? DEFAULT_SELECTION,
          downloadDir: typeof downloadDir === 'string' ? downloadDir : '',
          folders: Array.isArray(folders)
            ? folders.filter((folder): folder is string => typeof folder === 'string').slice(0, 20)
            : [],
        };
      },
    },
    storage,
  );
}

/** What was chosen last, so that the next paste needs no choice. */
export class LastChoices {
  readonly #cell: Cell<LastChoicesBody>;
  #value: LastChoicesBody = $state.raw(FALLBACK);

  constructor(cell: Cell<LastChoicesBody> = createLastChoicesCell()) {
    this.#cell = cell;
    this.#value = cell.read().value;
  }

  get value(): LastChoicesBody {
    return this.#value;
  }

  update(change: Partial<LastChoicesBody>): void {
    this.#value = { ...this.#value, ...change };
    this.#cell.write(this.#value);
  }

  usedFolder(folder: string): void {
    if (folder === '') return;
    const folders = [folder, ...this.#value.folders.filter((other) => other !== folder)];
    this.update({ folders: folders.slice(0, 10) });
  }
}
