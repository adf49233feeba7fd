import type { Artifact, Download } from '@artemis/contracts';
import { expect } from 'vitest';
import {
  IMPLICIT_WORKSPACE as HERE,
  type Change,
  type DownloadStore,
  type ListQuery,
  type StoredDownload,
  type Submission,
  type Submitted,
  type Transition,
  type TransitionOptions,
} from '../../../src/domain/download-store.ts';
import { selectionKey } from '../../../src/domain/selection/presets.ts';
import { record } from '../history.conformance.ts';

export interface DownloadStoreUnderTest {
  /** A store on what earlier ones wrote. The one before it is as killed: it writes nothing any more. */
  open(options?: { readonly historyLimit?: number }): Promise<DownloadStore>;
  /** What a start would find now; the open store goes on. */
  durable(): Promise<ReadonlyMap<string, StoredDownload>>;
  /** Until it is called with false, nothing can be stored. */
  failWrites(isFailing: boolean): void;
  setNow(ms: number): void;
}

export type SetUp = () => Promise<DownloadStoreUnderTest>;

export const START_MS = Date.parse('2026-01-01T00:00:00Z');
let lastLink = 0;

/** Asks for something else than all others, unless `patch` says otherwise. */
export function asked(patch: Partial<Download> = {}): Download {
  lastLink += 1;
  return record({ url: `https://a.example/watch?v=${lastLink}`, ...patch });
}

export function submission(
  downloads: readonly Download[],
  rest: Partial<Omit<Submission, 'downloads'>> = {},
): Submission {
  return {
    downloads: downloads.map((download) => ({
      download,
      selectionKey: selectionKey(download.url, download),
    })),
    isForced: false,
    mostActive: 1000,
    idempotency: null,
    ...rest,
  };
}

export type Taken = Extract<Submitted, { kind: 'taken' }>;

export function taken(submitted: Submitted): Taken {
  if (submitted.kind !== 'taken') throw new Error(`was ${submitted.kind}`);
  return submitted;
}

export async function submit(
  store: DownloadStore,
  downloads: readonly Download[],
  rest: Partial<Omit<Submission, 'downloads'>> = {},
): Promise<Taken> {
  return taken(await store.submit(HERE, submission(downloads, rest)));
}

export async function submitOne(
  store: DownloadStore,
  patch: Partial<Download> = {},
): Promise<StoredDownload> {
  const [fresh] = (await submit(store, [asked(patch)])).fresh;
  if (!fresh) throw new Error('nothing is new');
  return fresh;
}

export async function existing(store: DownloadStore, id: string): Promise<StoredDownload> {
  const stored = await store.get(HERE, id);
  if (!stored) throw new Error(`no record ${id}`);
  return stored;
}

/** Changes a record as it is now. */
export async function change(
  store: DownloadStore,
  id: string,
  patch: Change['patch'],
  options?: TransitionOptions,
): Promise<Transition> {
  const { version } = await existing(store, id);
  return store.transition(HERE, id, version, { patch }, options);
}

/** A link that has ended, `second` seconds after the start. */
export async function endedOne(
  store: DownloadStore,
  second: number,
  patch: Partial<Download> = {},
): Promise<string> {
  const { download } = await submitOne(store);
  await change(store, download.id, endAt(second, patch));
  return download.id;
}

export function endAt(second: number, patch: Partial<Download> = {}): Partial<Download> {
  const at = new Date(START_MS + second * 1000).toISOString();
  return { status: 'completed', completed_at: at, updated_at: at, ...patch };
}

export const FILE: Artifact = {
  kind: 'media',
  name: 'a.mp4',
  size: 1,
  content_type: 'video/mp4',
  storage_path: 'a.mp4',
};

export async function idsOf(store: DownloadStore): Promise<string[]> {
  return (await store.find(HERE, {})).map(({ download }) => download.id);
}

export function listQuery(patch: Partial<ListQuery> = {}): ListQuery {
  return { sort: '-created', limit: 100, cursor: null, offset: 0, ...patch };
}

export async function expectSameAfterRestart(
  under: DownloadStoreUnderTest,
  store: DownloadStore,
): Promise<DownloadStore> {
  const before = await store.find(HERE, {});
  const after = await under.open();
  const content = ({ download, tally }: StoredDownload) => ({ download, tally });
  expect((await after.find(HERE, {})).map(content)).toEqual(before.map(content));
  return after;
}
