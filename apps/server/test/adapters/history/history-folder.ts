import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import { systemCalls, type FileCalls } from '../../../src/adapters/files/durable-file.ts';
import {
  createJsonFileHistory,
  type JsonFileHistoryOptions,
} from '../../../src/adapters/history.json-file.ts';
import type { HistoryContent, HistoryStore, StoreHealth } from '../../../src/domain/ports.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface HistoryFolder {
  readonly path: string;
  readonly file: string;
  readonly journal: string;
  readonly copy: string;
  /** A large history, however few records it has, unless `smallBytes` says otherwise. */
  open(options?: Partial<JsonFileHistoryOptions>): HistoryStore;
  /** As a kill would leave it. */
  frozen(): Promise<HistoryFolder>;
  /** What a start finds. */
  find(): Promise<HistoryContent & { readonly health: StoreHealth }>;
  setAside(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export async function makeHistoryFolder(): Promise<HistoryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'artemis-journal-'));
  const inFolder = (name: string) => join(path, name);
  const copies: HistoryFolder[] = [];
  const folder: HistoryFolder = {
    path,
    file: inFolder('downloads-history.json'),
    journal: inFolder('downloads-history.journal'),
    copy: inFolder('data/history-backup.json'),
    open: (options = {}) =>
      createJsonFileHistory({
        path: folder.file,
        dataDir: inFolder('data'),
        logger: silent,
        smallBytes: 0,
        ...options,
      }),
    async frozen() {
      const frozen = await makeHistoryFolder();
      await cp(path, frozen.path, { recursive: true });
      copies.push(frozen);
      return frozen;
    },
    async find() {
      const store = folder.open();
      const content = await store.load();
      const health = store.health();
      await store.close();
      return { ...content, health };
    },
    setAside: async () => (await readdir(path)).filter((name) => name.includes('.corrupt-')),
    async remove() {
      for (const copy of copies) await copy.remove();
      await rm(path, { recursive: true, force: true });
    },
  };
  return folder;
}

export interface Step {
  /** Which of all calls so far, from 1. */
  readonly number: number;
  readonly name: keyof FileCalls;
  readonly path: string;
}

/** Real files. `hook` is called before each step; when it throws, a write leaves half of its content and all others nothing. */
export function hookedCalls(hook: (step: Step) => Promise<void> | void): FileCalls {
  const paths = new WeakMap<FileHandle, string>();
  let number = 0;
  const step = async (name: keyof FileCalls, path: string) => {
    number += 1;
    await hook({ number, name, path });
  };
  const pathOf = (file: FileHandle) => paths.get(file) ?? '';
  return {
    async open(path, flags, mode) {
      await step('open', path);
      const file = await systemCalls.open(path, flags, mode);
      paths.set(file, path);
      return file;
    },
    async write(file, content) {
      try {
        await step('write', pathOf(file));
      } catch (error) {
        await systemCalls.write(file, content.slice(0, content.length / 2));
        throw error;
      }
      await systemCalls.write(file, content);
    },
    async sync(file) {
      await step('sync', pathOf(file));
      await systemCalls.sync(file);
    },
    async truncate(file, length) {
      await step('truncate', pathOf(file));
      await systemCalls.truncate(file, length);
    },
    async rename(from, to) {
      await step('rename', to);
      await systemCalls.rename(from, to);
    },
  };
}
