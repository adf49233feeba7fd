import { mkdir, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  itemsOf,
  mergedRanges,
  Metadata,
  nullable,
  oneOf,
  writtenRanges,
} from '@artemis/contracts';
import { Type, type Static } from '@sinclair/typebox';
import { codeOf } from '../error-code.ts';
import type { EntryEnd, PlaylistStore, StoredList } from '../domain/ports.ts';
import type { Logger } from '../domain/records.ts';
import { readStored, readStoredLines, StoredEntry } from '../stored.ts';
import { syncFolder, writeDurably } from './files/durable-file.ts';
import { openLineLog, type LineLogOptions } from './files/line-log.ts';

const VERSION = 1;
const ENTRIES_FILE = 'entries.ndjson';
const ENDS_FILE = 'ends.ndjson';
const NEW_LINE = 0x0a;
/** The file of ends is rewritten when it has this many lines more than two per entry: most are then outdated. */
const MANY_ENDS = 100;

/** The first line of a list. */
const Header = Type.Object({
  version: Type.Literal(VERSION),
  metadata: Metadata,
  /** The `index` of each entry, in the form of `options.playlist.items`. */
  indexes: Type.String(),
});
type Header = Static<typeof Header>;

/** The place of an entry and how it has ended; null, and it is to be downloaded again. */
const EndLine = Type.Tuple([
  Type.Integer({ minimum: 0 }),
  nullable(oneOf(['done', 'failed', 'skipped'])),
]);

export interface DiskPlaylistStoreOptions {
  /** Used by this store only; created when missing. */
  readonly folder: string;
  readonly logger: Logger;
  readonly append?: LineLogOptions['append'];
}

/**
 * Keeps each list in a folder with two files: its entries, written once, and the ends of entries, one appended line each.
 * An entry takes eight bytes of memory; everything else is read from the disk on demand.
 */
export function createDiskPlaylistStore(options: DiskPlaylistStoreOptions): PlaylistStore {
  const { folder, logger } = options;
  const folderOf = (id: string) => join(folder, id);

  return {
    async ids() {
      const names = await readdir(folder).catch(ignoreMissing);
      const found = await Promise.all(
        (names ?? []).map(async (name) => {
          const files = await readdir(folderOf(name)).catch((): string[] => []);
          return files.includes(ENTRIES_FILE) ? [name] : [];
        }),
      );
      return found.flat();
    },
    async create(id, metadata, entries) {
      const path = folderOf(id);
      await rm(path, { recursive: true, force: true });
      await mkdir(path, { recursive: true, mode: 0o700 });
      await syncFolder(folder);
      const ranges = entries.map(({ index }) => ({ first: index, last: index }));
      const header: Header = { version: VERSION, metadata, indexes: itemsOf(mergedRanges(ranges)) };
      const lines = [header, ...entries].map((line) => `${JSON.stringify(line)}\n`);
      await writeDurably(join(path, ENTRIES_FILE), lines.join(''), 0o600);
    },
    async open(id) {
      const path = folderOf(id);
      const list = await openEntries(join(path, ENTRIES_FILE)).catch((error: unknown) => {
        // A read error of the disk does not mean that the list is damaged.
        if (codeOf(error) !== null) throw error;
        logger.error({ err: error, downloadId: id }, 'the list of a playlist cannot be read');
        return null;
      });
      return list && openList(list, join(path, ENDS_FILE), options.append);
    },
    remove: (id) => rm(folderOf(id), { recursive: true, force: true }),
  };
}

interface Entries {
  readonly path: string;
  readonly metadata: Metadata;
  readonly indexes: Uint32Array;
  /** Byte offset of the line of each entry, and of the end of the last line. */
  readonly offsets: Uint32Array;
}

async function openEntries(path: string): Promise<Entries | null> {
  const content = await readFile(path).catch(ignoreMissing);
  if (content === null) return null;
  const end = content.indexOf(NEW_LINE);
  const header = await readStored(Header, content.toString('utf8', 0, end));
  if (header === null) throw new Error('the first line of a list is not of this version');
  const { metadata, indexes: text } = header;
  const indexes = Uint32Array.from(
    (text === '' ? [] : writtenRanges(text)).flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, step) => first + step),
    ),
  );
  const offsets = new Uint32Array(indexes.length + 1);
  let offset = end + 1;
  for (let place = 0; place < indexes.length; place += 1) {
    offsets[place] = offset;
    offset = content.indexOf(NEW_LINE, offset) + 1;
    if (offset === 0) throw new Error('a list that is cut short');
  }
  offsets[indexes.length] = offset;
  return { path, metadata, indexes, offsets };
}

async function openList(
  entries: Entries,
  endsPath: string,
  append: LineLogOptions['append'],
): Promise<StoredList> {
  const { metadata, indexes, offsets } = entries;
  const text = (await readFile(endsPath, 'utf8').catch(ignoreMissing)) ?? '';
  const lines = text.split('\n');
  const ends = new Map<number, EntryEnd>();
  for (const [place, end] of await readStoredLines(EndLine, lines)) {
    if (place >= indexes.length) continue;
    if (end === null) ends.delete(place);
    else ends.set(place, end);
  }
  const isTorn = lines.at(-1) !== '';
  if (isTorn || lines.length > 2 * indexes.length + MANY_ENDS) {
    const short = [...ends].map(([place, end]) => `${lineOf(place, end)}\n`).join('');
    await writeDurably(endsPath, short, 0o600);
  }
  const log = openLineLog(endsPath, append ? { append } : {});
  let file: Promise<FileHandle> | null = null;

  /** Does not keep a failure, so that the next read tries again. */
  function openedOnce(): Promise<FileHandle> {
    file ??= open(entries.path, 'r').catch((error: unknown) => {
      file = null;
      throw error;
    });
    return file;
  }

  return {
    metadata,
    indexes,
    ends,
    async read(place, count) {
      const last = Math.min(place + count, indexes.length);
      const from = offsets[place] ?? 0;
      const bytes = (offsets[last] ?? 0) - from;
      if (place >= last) return [];
      const handle = await openedOnce();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, from);
      if (bytesRead !== bytes) throw new Error('a list that is cut short');
      const lines = buffer.toString('utf8').split('\n', last - place);
      const read = await readStoredLines(StoredEntry, lines);
      // Entries go by their place: one that is left out would move those behind it.
      if (read.length !== lines.length) throw new Error('a list with an entry that is none');
      return read;
    },
    setEnds: (changes) => log.append([...changes].map(([place, end]) => lineOf(place, end))),
    async close() {
      await log.close();
      await (await file)?.close();
      file = null;
    },
  };
}

function lineOf(place: number, end: EntryEnd | null): string {
  return JSON.stringify([place, end]);
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
