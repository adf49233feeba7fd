import { isTerminal, STATUSES, type Status } from '@artemis/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  IMPLICIT_WORKSPACE as HERE,
  type DownloadStore,
  type StoredDownload,
} from '../../../src/domain/download-store.ts';
import { canMove } from '../../../src/domain/status.ts';
import { runsOf, seedOf } from '../../long-run.ts';
import { embeddedUnderTest, type EmbeddedUnderTest } from './embedded-under-test.ts';
import { asked, submission } from './store-under-test.ts';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const RUNS = runsOf('ARTEMIS_STORE_MODEL_RUNS', 15);
const MOST_ACTIVE = 6;
const HISTORY_LIMIT = 4;

type Call =
  | {
      readonly kind: 'submit';
      readonly links: readonly number[];
      readonly isForced: boolean;
      /** 0 for none. */
      readonly key: number;
    }
  | { readonly kind: 'move'; readonly which: number; readonly to: Status; readonly isSoon: boolean }
  | { readonly kind: 'note'; readonly which: number; readonly isSoon: boolean }
  | { readonly kind: 'progress'; readonly which: number }
  | { readonly kind: 'remove'; readonly which: number };

/** Calls of one step are under way at once; then the store may be killed or closed. */
interface Step {
  readonly calls: readonly Call[];
  readonly failing: 'no write' | 'the first write' | 'each write';
  readonly then: 'goes on' | 'is killed' | 'is closed';
}

interface Known {
  readonly url: string;
  readonly status: Status;
  readonly notes: string;
}

/** What callers were told, and nothing of how it is kept. */
interface Model {
  readonly records: Map<string, Known>;
  /** Ids of records whose last change may be lost in a kill, with what is durable of them. */
  readonly soon: Map<string, Known>;
  /** What was answered to the first request with each key. */
  readonly keys: Map<string, { readonly bodyHash: string; readonly ids: readonly string[] }>;
  notes: number;
}

const which = fc.nat(11);
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('submit' as const),
      links: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
      isForced: fc.nat(2).map((number) => number === 0),
      key: fc.nat(3),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      which,
      to: fc.constantFrom(...STATUSES),
      isSoon: fc.nat(4).map((number) => number === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('note' as const), which, isSoon: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('progress' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), which }) },
);
const step: fc.Arbitrary<Step> = fc.record({
  calls: fc.array(call, { minLength: 1, maxLength: 6 }),
  failing: fc.constantFrom('no write', 'no write', 'no write', 'the first write', 'each write'),
  then: fc.constantFrom('goes on', 'goes on', 'goes on', 'is killed', 'is closed'),
});

function knownOf({ download: { url, status, notes } }: StoredDownload): Known {
  return { url, status, notes };
}

/** Takes the answer over into the model. */
function stored(model: Model, next: StoredDownload, isSoon: boolean): void {
  const { id } = next.download;
  const before = model.records.get(id);
  if (!isSoon) model.soon.delete(id);
  else if (before && !model.soon.has(id)) model.soon.set(id, before);
  model.records.set(id, knownOf(next));
}

async function submitLinks(
  store: DownloadStore,
  model: Model,
  { links, isForced, key: number }: Extract<Call, { kind: 'submit' }>,
): Promise<void> {
  const downloads = links.map((link) => asked({ url: `https://a.example/${link}` }));
  const bodyHash = JSON.stringify([links, isForced]);
  const key = `key-${number}`;
  const idempotency = number === 0 ? null : { key, bodyHash };
  const before = (await store.find(HERE, {})).filter(isActive);
  const rest = { isForced, mostActive: MOST_ACTIVE, idempotency };
  const answer = await store.submit(HERE, submission(downloads, rest));
  const first = idempotency && model.keys.get(key);
  if (answer.kind === 'key-conflict') expect(first?.bodyHash).not.toBe(bodyHash);
  if (answer.kind !== 'taken') return;
  for (const fresh of answer.fresh) stored(model, fresh, false);
  const ids = [...answer.downloads.map(({ id }) => id), ...answer.removed].toSorted();
  if (first) expect({ bodyHash, ids }).toEqual(first);
  else if (idempotency) model.keys.set(key, { bodyHash, ids });
  if (isForced || answer.fresh.length === 0) return;
  const newLinks = new Set(answer.fresh.map(({ download }) => download.url));
  const after = await store.find(HERE, {});
  const unchanged = new Set(after.map(({ download, version }) => `${download.id} ${version}`));
  const twins = before.filter(
    ({ download, version }) =>
      newLinks.has(download.url) && unchanged.has(`${download.id} ${version}`),
  );
  expect(twins).toEqual([]);
}

function isActive({ download }: StoredDownload): boolean {
  return !isTerminal(download.status);
}

async function make(store: DownloadStore, model: Model, made: Call): Promise<void> {
  if (made.kind === 'submit') return submitLinks(store, model, made);
  const ids = [...model.records.keys()];
  const id = ids[made.which % Math.max(1, ids.length)];
  const current = id === undefined ? null : await store.get(HERE, id);
  if (id === undefined || !current) return;
  if (made.kind === 'remove') {
    await store.remove(HERE, [id]);
    model.records.delete(id);
    model.soon.delete(id);
    return;
  }
  if (made.kind === 'progress') {
    return store.progress(HERE, id, current.token, { progress: made.which });
  }
  const { isSoon } = made;
  const { status } = current.download;
  if (made.kind === 'move' && (made.to === status || !canMove(status, made.to))) return;
  model.notes += 1;
  const at = new Date(Date.parse('2026-01-01T00:00:00Z') + model.notes * 1000).toISOString();
  const patch =
    made.kind === 'note'
      ? { notes: `${model.notes}` }
      : { status: made.to, updated_at: at, completed_at: isTerminal(made.to) ? at : null };
  const options = { isSoon: isSoon && !('status' in patch && isTerminal(patch.status)) };
  const answer = await store.transition(
    HERE,
    id,
    current.version,
    { patch },
    { ...options, mostActive: MOST_ACTIVE },
  );
  if (answer.kind === 'stored') stored(model, answer.stored, options.isSoon);
}

/** Ends beyond the limit may be forgotten; nothing else may differ. */
function compare(
  found: readonly StoredDownload[],
  expected: ReadonlyMap<string, Known>,
  model: Model,
): void {
  const real = new Map(found.map((one) => [one.download.id, knownOf(one)]));
  for (const [id, known] of expected) {
    if (real.has(id) || !isTerminal(known.status)) continue;
    model.records.delete(id);
    model.soon.delete(id);
  }
  const kept = [...expected].filter(([id, { status }]) => real.has(id) || !isTerminal(status));
  expect(Object.fromEntries(real)).toEqual(Object.fromEntries(kept));
}

async function run(under: EmbeddedUnderTest, steps: readonly Step[]): Promise<void> {
  const model: Model = { records: new Map(), soon: new Map(), keys: new Map(), notes: 0 };
  let store = await under.open({ historyLimit: HISTORY_LIMIT });
  for (const { calls, failing, then } of steps) {
    under.failWrites(failing === 'each write');
    if (failing === 'the first write') under.failNextWrite();
    const made = await Promise.allSettled(
      calls.map(async (each, index) => {
        // Some share a write, others wait for it.
        for (let turn = 0; turn < index; turn += 1) await nextTurn();
        await make(store, model, each);
      }),
    );
    under.failWrites(false);
    for (const result of made) {
      if (result.status === 'rejected' && failing === 'no write') throw result.reason;
    }
    const found = await store.find(HERE, {});
    compare(found, model.records, model);
    const active = found.filter(isActive);
    expect(active.length).toBeLessThanOrEqual(MOST_ACTIVE);
    expect((await store.counts(HERE)).active).toBe(active.length);
    if (then === 'goes on') continue;
    if (then === 'is closed') {
      await store.close();
      model.soon.clear();
    }
    store = await under.open({ historyLimit: HISTORY_LIMIT });
    expect(store.health()).toMatchObject({ state: 'ok' });
    await restarted(store, model);
  }
}

/** What was to be stored soon is there or not. */
async function restarted(store: DownloadStore, model: Model): Promise<void> {
  const found = await store.find(HERE, {});
  for (const one of found) {
    const { id } = one.download;
    const before = model.soon.get(id);
    const known = knownOf(one);
    if (before && known.status === before.status && known.notes === before.notes) {
      model.records.set(id, before);
    }
  }
  model.soon.clear();
  compare(found, model.records, model);
}

describe('a store of downloads', () => {
  it('does what its callers were told, whatever happens at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const under = await embeddedUnderTest();
        try {
          await run(under, steps);
        } finally {
          await under.remove();
        }
      }),
      { numRuns: RUNS, endOnFailure: true, ...seedOf() },
    );
  });
});
