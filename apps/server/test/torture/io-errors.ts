import { randomUUID } from 'node:crypto';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileCalls } from '../../src/adapters/files/durable-file.ts';
import { createJsonFileHistory } from '../../src/adapters/history.json-file.ts';
import { BLANK_RECORD } from '../../src/domain/blank-record.ts';
import { createVerdict, times, type Scenario } from './scenario.ts';

const CODES = ['EIO', 'ENOSPC', 'EROFS', 'EMFILE'] as const;
const SAVES = 5;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Real files; the n-th call of all fails, once or from then on. A failed write leaves half of its content. */
function failingCalls(n: number, code: string, isForEver: boolean) {
  let count = 0;
  const isDue = (): boolean => {
    count += 1;
    return isForEver ? count >= n : count === n;
  };
  const failure = () => Object.assign(new Error(code), { code });
  const calls: FileCalls = {
    open: (path, flags, mode) => (isDue() ? Promise.reject(failure()) : open(path, flags, mode)),
    rename: (from, to) => (isDue() ? Promise.reject(failure()) : rename(from, to)),
    truncate: (file, length) => (isDue() ? Promise.reject(failure()) : file.truncate(length)),
    sync: (file) => (isDue() ? Promise.reject(failure()) : file.sync()),
    async write(file, content) {
      if (!isDue()) return file.writeFile(content);
      await file.writeFile(content.slice(0, content.length / 2));
      throw failure();
    },
  };
  return calls;
}

export const ioErrors: Scenario = {
  name: 'io-errors',
  about: 'the n-th open, write, fsync or rename of the history fails, once or from then on',
  seconds: 30,
  async run(context) {
    const kept = createVerdict('what was acknowledged is there after a restart');
    const heals = createVerdict('a history that failed once is written again');
    const most = times(context, 60, 30);
    for (let n = 1; n <= most; n += 1) {
      for (const code of CODES) {
        for (const isForEver of [false, true]) {
          const folder = await mkdtemp(join(tmpdir(), 'artemis-io-'));
          const files = { path: join(folder, 'history.json'), dataDir: join(folder, 'data') };
          const calls = failingCalls(n, code, isForEver);
          const store = createJsonFileHistory({
            ...files,
            logger: silent,
            calls,
          });
          await store.load();
          const acknowledged: string[] = [];
          let isLastFine = false;
          for (let save = 0; save < SAVES; save += 1) {
            const at = new Date().toISOString();
            const blank = { ...BLANK_RECORD, created_at: at, updated_at: at };
            const next = { ...blank, id: randomUUID(), url: 'https://a.example/' };
            isLastFine = await store.save({ put: [next] }).then(
              () => true,
              () => false,
            );
            if (isLastFine) acknowledged.push(next.id);
          }
          await store.close();
          const again = createJsonFileHistory({ ...files, logger: silent });
          const found = new Set((await again.load()).downloads.map(({ id }) => id));
          await again.close();
          const missing = acknowledged.filter((id) => !found.has(id));
          const how = `${code} at call ${n}${isForEver ? ' and after' : ''}`;
          kept.check(missing.length === 0, `${how}: ${missing.length} lost`);
          // The last of the saves may be the one that fails.
          if (!isForEver && n < (SAVES - 1) * 5) heals.check(isLastFine, how);
          await rm(folder, { recursive: true });
        }
      }
    }
    return [kept.read(), heals.read()];
  },
};
