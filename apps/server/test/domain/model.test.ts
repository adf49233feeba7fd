import type { Status } from '@artemis/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runsOf, seedOf } from '../long-run.ts';
import { IMPLICIT_WORKSPACE } from '../../src/domain/download-store.ts';
import { done, failure, openDomain, type DomainUnderTest } from './domain-under-test.ts';

const HISTORY_LIMIT = 20;
const MAX_DEPTH = 60;
const RUNS = runsOf('ARTEMIS_MODEL_RUNS', 12);
const COMMANDS = runsOf('ARTEMIS_MODEL_COMMANDS', 150);

/** Looks at a state before it counts as wrong. */
const PATIENCE = 500;

const ACTIVE: ReadonlySet<Status> = new Set(['queued', 'running', 'paused']);

interface Expected {
  status: Status;
  url: string;
}

/** What a person may count on, and nothing of how it is done. */
interface Model {
  readonly records: Map<string, Expected>;
  links: number;
}

interface Real {
  domain: DomainUnderTest;
}

const settle = async () => {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 1));
};

/** Writes, starts and ends are under way after a command: what must hold then may take a moment. */
async function compare(model: Model, real: Real): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    await settle();
    try {
      return check(model, real);
    } catch (error) {
      if (tries === PATIENCE) throw error;
    }
  }
}

/** Starts and ends of attempts are the server's own doing: the model takes them over where they are legal. */
function check(model: Model, { domain }: Real): void {
  const found = domain.records;
  for (const [id, expected] of model.records) {
    const status = found.get(id)?.status;
    if (status === undefined) {
      // Only the end of a download may be forgotten.
      expect(ACTIVE.has(expected.status), `${id} was ${expected.status} and is gone`).toBe(false);
      model.records.delete(id);
    } else if (expected.status === 'queued' && status === 'running') {
      expected.status = 'running';
    }
  }
  expect(Object.fromEntries([...found].map(([id, { status }]) => [id, status]))).toEqual(
    Object.fromEntries([...model.records].map(([id, { status }]) => [id, status])),
  );
  const active = [...found.values()].filter(({ status }) => ACTIVE.has(status)).length;
  expect(active).toBe(domain.activeCount());
  expect(active).toBeLessThanOrEqual(MAX_DEPTH);
  expect(found.size - active).toBeLessThanOrEqual(HISTORY_LIMIT);
  const running = [...found.values()].filter(({ status }) => status === 'running');
  expect([...domain.attempts.keys()].toSorted()).toEqual(running.map(({ id }) => id).toSorted());
  const waiting = [...found.values()].filter(
    ({ status, retry_at: retryAt }) =>
      status === 'queued' && (retryAt === null || Date.parse(retryAt) < Date.now()),
  );
  // Work is never left lying while a slot is free.
  if (running.length < 3) expect(waiting).toEqual([]);
}

class Command implements fc.AsyncCommand<Model, Real> {
  readonly name: string;
  readonly act: (model: Model, real: Real) => Promise<void>;

  constructor(name: string, act: (model: Model, real: Real) => Promise<void>) {
    this.name = name;
    this.act = act;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    await compare(model, real);
  }
  toString(): string {
    return this.name;
  }
}

function pick(model: Model, position: number): [string, Expected] | null {
  const entries = [...model.records];
  return entries.length === 0 ? null : (entries[position % entries.length] ?? null);
}

/** One call on one download: what it does when the status allows it, and that it is refused otherwise. */
function oneOf(
  name: 'cancel' | 'pause' | 'resume' | 'retry' | 'purge',
  allowed: readonly Status[],
  to: Status | null,
) {
  return fc.nat(1000).map(
    (position) =>
      new Command(`${name}(${position})`, async (model, { domain }) => {
        const chosen = pick(model, position);
        if (!chosen) return;
        const [id, expected] = chosen;
        const { downloads } = domain;
        const isRoom = domain.activeCount() < MAX_DEPTH;
        const call = {
          cancel: () => downloads.cancel(id),
          pause: () => downloads.pause(id),
          resume: () => downloads.resume(id),
          retry: () => downloads.retry(id, {}),
          purge: () => downloads.purge(id, 'record'),
        }[name]();
        const isAllowed = allowed.includes(expected.status) && (name !== 'retry' || isRoom);
        if (!isAllowed) return void (await expect(call).rejects.toHaveProperty('code'));
        await call;
        if (to === null) model.records.delete(id);
        else expected.status = to;
      }),
  );
}

const submit = fc
  .record({ count: fc.integer({ min: 1, max: 8 }), isDuplicate: fc.boolean(), at: fc.nat(1000) })
  .map(
    ({ count, isDuplicate, at }) =>
      new Command(`submit(${count}${isDuplicate ? ', twin' : ''})`, async (model, { domain }) => {
        const urls = Array.from(
          { length: count },
          () => `https://h${model.links % 5}.example/${(model.links += 1)}`,
        );
        const chosen = isDuplicate ? pick(model, at) : null;
        const isTwin = chosen !== null && ACTIVE.has(chosen[1].status);
        if (chosen && isTwin) urls.push(chosen[1].url);
        const hasCapacity = domain.activeCount() + count <= MAX_DEPTH;
        const call = domain.downloads.submit({ urls }, null);
        if (!hasCapacity)
          return void (await expect(call).rejects.toMatchObject({ code: 'QUEUE_FULL' }));
        const { downloads, duplicates } = await call;
        expect(duplicates).toEqual(chosen && isTwin ? [chosen[0]] : []);
        for (const { id, url } of downloads) {
          if (!model.records.has(id)) model.records.set(id, { status: 'queued', url });
        }
      }),
  );

const end = fc.record({ at: fc.nat(10), isFine: fc.boolean() }).map(
  ({ at, isFine }) =>
    new Command(`end(${at}, ${isFine ? 'done' : 'failed'})`, async (model, { domain }) => {
      const attempts = [...domain.attempts.values()];
      const attempt = attempts[at % Math.max(1, attempts.length)];
      if (!attempt) return;
      attempt.end(isFine ? done : failure('MEDIA_UNAVAILABLE'));
      const expected = model.records.get(attempt.id);
      if (expected) expected.status = isFine ? 'completed' : 'failed';
    }),
);

const failToWrite = fc.nat(1000).map(
  (at) =>
    new Command(`failToWrite(${at})`, async (model, { domain }) => {
      domain.failWrites(new Error('EIO'));
      const isFull = domain.activeCount() >= MAX_DEPTH;
      await expect(domain.submit('https://never.example/')).rejects.toMatchObject({
        code: isFull ? 'QUEUE_FULL' : 'STORE_UNAVAILABLE',
      });
      const waiting = [...model.records].find(
        ([, { status }]) => status === 'queued' || status === 'paused',
      );
      const refused = waiting ? domain.downloads.cancel(waiting[0]) : null;
      if (refused) await expect(refused).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      domain.failWrites(null);
    }),
);

const restart = fc.constant(null).map(
  () =>
    new Command('restart', async (model, real) => {
      await settle();
      real.domain = await real.domain.restart();
      for (const expected of model.records.values()) {
        if (expected.status === 'running') expected.status = 'queued';
      }
    }),
);

describe('the queue and the history', () => {
  it(
    'behave like a simple model under any sequence of commands',
    { timeout: 3_600_000 },
    async () => {
      const commands = fc.commands(
        [
          submit,
          submit,
          end,
          end,
          end,
          oneOf('cancel', ['queued', 'running', 'paused'], 'cancelled'),
          oneOf('pause', ['queued', 'running'], 'paused'),
          oneOf('resume', ['paused'], 'queued'),
          oneOf('retry', ['failed', 'cancelled'], 'queued'),
          oneOf('purge', ['completed', 'failed', 'cancelled'], null),
          failToWrite,
          restart,
        ],
        { maxCommands: COMMANDS, size: 'max' },
      );
      await fc.assert(
        fc.asyncProperty(commands, async (sequence) => {
          const real: Real = {
            domain: await openDomain({
              slots: 3,
              historyLimit: HISTORY_LIMIT,
              maxQueueDepth: MAX_DEPTH,
            }),
          };
          try {
            await fc.asyncModelRun(
              () => ({ model: { records: new Map(), links: 0 }, real }),
              sequence,
            );
          } finally {
            await real.domain.close();
          }
        }),
        { numRuns: RUNS, endOnFailure: true, ...seedOf() },
      );
    },
  );

  it(
    'keep a thousand active downloads and the newest two hundred ended ones',
    { timeout: 60_000 },
    async () => {
      const domain = await openDomain({ slots: 2, maxQueueDepth: 2000 });
      for (let batch = 0; batch < 3; batch += 1) {
        await domain.submit(
          ...Array.from({ length: 500 }, (_, n) => `https://a.example/${batch}/${n}`),
        );
      }
      const ids = await domain.downloads.find({ statuses: null, q: null });
      const cancelled = ids.slice(1000);
      for (const id of cancelled) await domain.downloads.cancel(id);
      expect(domain.activeCount()).toBe(1000);
      expect((await domain.store.counts(IMPLICIT_WORKSPACE)).byStatus.cancelled).toBe(200);
      const next = await domain.restart();
      expect(new Set(await next.downloads.find({ statuses: null, q: null }))).toEqual(
        new Set([...ids.slice(0, 1000), ...cancelled.slice(-200)]),
      );
      await next.close();
    },
  );
});
