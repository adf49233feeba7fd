import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { judgeAge, type AgeMarks } from '../../domain/passed-time.ts';
import { readStoredLines, shapeCheck, type ShapeCheck } from '../../stored.ts';
import { writeDurably } from './durable-file.ts';
import type { FileFacts } from './file-identity.ts';
import { openLineLog, type LineLogOptions } from './line-log.ts';

/** A file that Artemis has put into the downloads folder, or into a bucket. Only such files are ever deleted. */
export interface PublishedFile extends FileFacts {
  /** Relative to the downloads folder, with `/`; in a bucket the key. */
  readonly path: string;
  readonly downloadId: string;
  /** The suffix by which a repeated publication finds the same file. */
  readonly suffix: string;
  /** Epoch milliseconds, for people only; `age` decides how old the file is. */
  readonly publishedAtMs: number;
  readonly age?: AgeMarks;
  /** While this file replaces another one: the file that is still there. */
  readonly replaces?: ReplacedFile;
  /** Of an object: its entity tag, without quotes; until it is whole, the tag that it will have. */
  readonly etag?: string;
  /** While an object is not known to be whole: its upload in parts, empty when none was begun. It counts nowhere. */
  readonly upload?: string;
}

export interface ReplacedFile extends FileFacts {
  readonly etag?: string;
}

/** Durable list of published files: one line per change, rewritten at each start. */
export interface PublishedIndex {
  get(path: string): PublishedFile | null;
  ofDownload(downloadId: string): readonly PublishedFile[];
  all(): IterableIterator<PublishedFile>;
  /** Durable when resolved; written before the file appears under its final name. */
  add(file: PublishedFile): Promise<void>;
  /** Also those that were expected. */
  remove(paths: readonly string[]): Promise<void>;
  /** Notes, durably, that a file of ours may be there which is not whole. It counts nowhere else. */
  expect(path: string): Promise<void>;
  expected(): readonly string[];
  /**
   * Checks the age of every file and returns those to delete now. Marks files as `judgeAge` says, durably when resolved; both
   * times are as for `judgeAge`.
   */
  lookAtAges(passedMs: number, keepMs: number): Promise<readonly PublishedFile[]>;
  totalBytes(): number;
  count(): number;
  close(): Promise<void>;
}

export async function openPublishedIndex(
  path: string,
  options: Pick<LineLogOptions, 'append'> = {},
): Promise<PublishedIndex> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const byPath = new Map<string, PublishedFile>();
  const byDownload = new Map<string, Set<string>>();
  const expected = new Set<string>();
  let totalBytes = 0;
  let count = 0;

  function put(file: PublishedFile): void {
    drop(file.path);
    byPath.set(file.path, file);
    const paths = byDownload.get(file.downloadId) ?? new Set();
    byDownload.set(file.downloadId, paths.add(file.path));
    if (file.upload === undefined) [totalBytes, count] = [totalBytes + file.sizeBytes, count + 1];
  }

  function drop(key: string): void {
    expected.delete(key);
    const file = byPath.get(key);
    if (!file) return;
    byPath.delete(key);
    if (file.upload === undefined) [totalBytes, count] = [totalBytes - file.sizeBytes, count - 1];
    const paths = byDownload.get(file.downloadId);
    paths?.delete(key);
    if (paths?.size === 0) byDownload.delete(file.downloadId);
  }

  function setAge(key: string, age: AgeMarks): void {
    const file = byPath.get(key);
    if (file) byPath.set(key, { ...file, age });
  }

  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // An index that exists but cannot be read must not be overwritten.
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const isMarks = await shapeCheck(Marks);
  for (const change of await readStoredLines(Change, text.split('\n'))) {
    if ('removed' in change) drop(change.removed);
    else if ('marked' in change) setAge(change.marked, change.age);
    else if ('expected' in change) expected.add(change.expected);
    else put(withKnownAge(change, isMarks));
  }
  await writeDurably(
    path,
    [...byPath.values(), ...[...expected].map((key) => ({ expected: key }))]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
    0o600,
  );
  const log = openLineLog(path, options);

  return {
    get: (key) => byPath.get(key) ?? null,
    ofDownload: (id) => [...(byDownload.get(id) ?? [])].flatMap((key) => byPath.get(key) ?? []),
    all: () => byPath.values(),
    async add(published) {
      await log.append([JSON.stringify(published)]);
      put(published);
    },
    async remove(paths) {
      if (paths.length === 0) return;
      await log.append(paths.map((removed) => JSON.stringify({ removed })));
      for (const key of paths) drop(key);
    },
    async expect(key) {
      await log.append([JSON.stringify({ expected: key })]);
      expected.add(key);
    },
    expected: () => [...expected],
    async lookAtAges(passedMs, keepMs) {
      const old: string[] = [];
      const marked: { marked: string; age: AgeMarks }[] = [];
      for (const { path: key, age, upload } of byPath.values()) {
        if (upload !== undefined) continue;
        const verdict = judgeAge(age ?? {}, passedMs, keepMs);
        if (verdict === 'delete') old.push(key);
        else if (verdict !== 'keep') marked.push({ marked: key, age: verdict });
      }
      // A mark has its own line and not the whole entry: the file may be replaced meanwhile, and its new entry must stay.
      if (marked.length > 0) await log.append(marked.map((mark) => JSON.stringify(mark)));
      for (const mark of marked) setAge(mark.marked, mark.age);
      return old.flatMap((key) => byPath.get(key) ?? []);
    },
    totalBytes: () => totalBytes,
    count: () => count,
    close: () => log.close(),
  };
}

const Facts = Type.Object({
  inode: Type.Number(),
  sizeBytes: Type.Number(),
  modifiedMs: Type.Optional(Type.Number()),
  sample: Type.Optional(Type.String()),
  etag: Type.Optional(Type.String()),
});
const Marks = Type.Object({
  storedAtMs: Type.Optional(Type.Number()),
  dueAtMs: Type.Optional(Type.Number()),
});
const Published = Type.Composite([
  Facts,
  Type.Object({
    path: Type.String(),
    downloadId: Type.String(),
    suffix: Type.String(),
    publishedAtMs: Type.Number(),
    age: Type.Optional(Type.Unknown()),
    replaces: Type.Optional(Facts),
    upload: Type.Optional(Type.String()),
  }),
]);
const Change = Type.Union([
  Type.Object({ removed: Type.String() }),
  Type.Object({ marked: Type.String(), age: Marks }),
  Type.Object({ expected: Type.String() }),
  Published,
]);

/** Marks that cannot be read are made anew; the file is still ours. */
function withKnownAge(
  { age, ...file }: Static<typeof Published>,
  isMarks: ShapeCheck<typeof Marks>,
): PublishedFile {
  return isMarks(age) ? { ...file, age } : file;
}
