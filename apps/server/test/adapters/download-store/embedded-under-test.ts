import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../../src/adapters/download-store/embedded.ts';
import { systemCalls, type FileCalls } from '../../../src/adapters/files/durable-file.ts';
import { createJsonFileHistory } from '../../../src/adapters/history.json-file.ts';
import { IMPLICIT_WORKSPACE } from '../../../src/domain/download-store.ts';
import type { HistoryStore } from '../../../src/domain/ports.ts';
import { START_MS, type DownloadStoreUnderTest } from './store-under-test.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface EmbeddedUnderTest extends DownloadStoreUnderTest {
  /** Writes wait from now on; `reached` resolves when one does. */
  holdWrites(): { readonly release: () => void; readonly reached: Promise<void> };
  /** Unless `failWrites` is called before it. */
  failNextWrite(): void;
  remove(): Promise<void>;
}

export async function embeddedUnderTest(): Promise<EmbeddedUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'artemis-store-'));
  const folder = join(root, 'store');
  let nowMs = START_MS;
  let isFailing = false;
  let isNextFailing = false;
  let held: Promise<void> = Promise.resolve();
  let onHeld: () => void = () => undefined;
  let current = 0;
  let copies = 0;
  const underWay = new Set<Promise<void>>();
  const histories: HistoryStore[] = [];

  /** A kill waits for it: what is dead does not write beside what comes next. */
  async function finishing(call: Promise<void>): Promise<void> {
    underWay.add(call);
    await call.finally(() => underWay.delete(call));
  }

  /** No kill of the machine is tried here, so nothing has to reach the disk. */
  function callsOf(run: number): FileCalls {
    return {
      ...systemCalls,
      open(path, flags, mode) {
        // It would empty what the next one is writing.
        if (run !== current && flags !== 'r') return Promise.reject(new Error('killed'));
        return systemCalls.open(path, flags, mode);
      },
      async write(file, content) {
        onHeld();
        await held;
        const isFailed = isFailing || isNextFailing;
        isNextFailing = false;
        if (isFailed || run !== current) throw new Error('no space left on device');
        await finishing(systemCalls.write(file, content));
      },
      async rename(from, to) {
        if (run !== current) throw new Error('killed');
        await finishing(systemCalls.rename(from, to));
      },
      sync: () => Promise.resolve(),
    };
  }

  function openAt(path: string, calls: FileCalls, historyLimit = 100) {
    const now = () => new Date(nowMs);
    const history = createJsonFileHistory({
      path: join(path, 'downloads-history.json'),
      dataDir: join(path, 'data'),
      logger: silent,
      calls,
      now,
    });
    histories.push(history);
    return openEmbeddedStore({ history, logger: silent, historyLimit, now });
  }

  return {
    async open({ historyLimit } = {}) {
      current += 1;
      await Promise.allSettled(underWay);
      return openAt(folder, callsOf(current), historyLimit);
    },
    async durable() {
      copies += 1;
      const copy = join(root, `copy-${copies}`);
      await cp(folder, copy, {
        recursive: true,
        // They go away while they are copied.
        filter: (name) => !name.endsWith('.tmp'),
      }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      const store = await openAt(copy, systemCalls);
      const found = await store.find(IMPLICIT_WORKSPACE, {});
      await store.close();
      return new Map(found.map((stored) => [stored.download.id, stored]));
    },
    failWrites(fails) {
      isFailing = fails;
      isNextFailing = false;
    },
    failNextWrite: () => void (isNextFailing = true),
    setNow: (ms) => void (nowMs = ms),
    holdWrites() {
      let release: () => void = () => undefined;
      held = new Promise((resolve) => (release = resolve));
      const reached = new Promise<void>((resolve) => (onHeld = resolve));
      return { release: () => release(), reached };
    },
    async remove() {
      current += 1;
      for (const history of histories) await history.close();
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
