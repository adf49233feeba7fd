import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessagePort, Worker } from 'node:worker_threads';
import type { Download } from '@artemis/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createPiscinaRunner,
  type PiscinaRunnerOptions,
} from '../../src/adapters/download-runner.piscina.ts';
import { BLANK_RECORD } from '../../src/domain/blank-record.ts';
import type { TaskEngine } from '../../src/worker/task.ts';

const logger = { error: () => undefined } as unknown as PiscinaRunnerOptions['logger'];

afterEach(() => vi.restoreAllMocks());

describe('a thread pool that is closed while it starts', () => {
  it('ends each thread only after it has loaded its code', { timeout: 60_000 }, async () => {
    const loaded = new Set<Worker>();
    const ended: boolean[] = [];
    const { postMessage, terminate } = Worker.prototype;
    // The pool sends each thread one message at its start, and has one back when the code is loaded.
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...sent) {
      this.once('message', () => loaded.add(this));
      postMessage.apply(this, sent);
    });
    vi.spyOn(Worker.prototype, 'terminate').mockImplementation(function (this: Worker) {
      ended.push(loaded.has(this));
      return terminate.call(this);
    });
    const runner = createPiscinaRunner({ maxWorkers: 1, logger } as PiscinaRunnerOptions);
    runner.warmUp();
    await runner.close();
    expect(ended).toEqual([true]);
  });
});

it('a recording that was to be finished while its attempt waited for an engine is told so', async () => {
  const sent: unknown[] = [];
  const { postMessage } = MessagePort.prototype;
  vi.spyOn(MessagePort.prototype, 'postMessage').mockImplementation(function (
    this: MessagePort,
    ...message
  ) {
    sent.push(message[0]);
    postMessage.apply(this, message);
  });
  const jobFolder = await mkdtemp(join(tmpdir(), 'artemis-runner-'));
  const engine: TaskEngine = {
    ...{ socketPath: join(jobFolder, 'none.sock'), tier: 'warm', kind: 'module' },
    ...{ ytDlpVersion: '2026.10.26', hasFfmpeg: true, restrictsConnections: false },
    jsRuntime: null,
  };
  const runner = createPiscinaRunner({
    maxWorkers: 1,
    limits: {
      ...{ maxFileSizeBytes: 1, downloadTimeoutMs: 10_000, stallTimeoutMs: 10_000 },
      memoryBytes: 1,
    },
    egressAllow: () => [],
    withEngine: (use) => use(engine),
    issueProxy: () => ({ url: 'http://127.0.0.1:1', revoke: () => undefined }),
    logger,
  });
  const download = { ...BLANK_RECORD, id: 'd', url: 'https://a.example/' } as Download;
  const outcome = await runner.run(download, {
    ...{ jobFolder, cookies: null, knownInfo: null, onEvent: () => undefined },
    ...{ signal: new AbortController().signal, finish: AbortSignal.abort() },
  });
  expect(outcome).toMatchObject({ code: 'INTERRUPTED' });
  expect(sent).toContainEqual({ kind: 'finish' });
  await runner.close();
  await rm(jobFolder, { recursive: true });
});
