import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createPiscinaRunner,
  type PiscinaRunnerOptions,
} from '../../src/adapters/download-runner.piscina.ts';

const logger = { error: () => undefined } as unknown as PiscinaRunnerOptions['logger'];

afterEach(() => vi.restoreAllMocks());

describe('a thread pool that is closed while it starts', () => {
  it('ends each thread only after it has loaded its code', async () => {
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
