import type { Download, Status } from '@artemis/contracts';
import { expect, it } from 'vitest';
import { createActivityLog } from '../../src/domain/activity-log.ts';
import { BLANK_RECORD } from '../../src/domain/blank-record.ts';
import { createLiveDownloads } from '../../src/domain/live-downloads.ts';
import type { FileStore } from '../../src/domain/ports.ts';
import { createRetention } from '../../src/domain/retention.ts';

const HOUR_MS = 3_600_000;
const at = new Date(1.7e12).toISOString();
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

it('partial files stay as long as somebody may continue them: a day for a failed download', async () => {
  const live = createLiveDownloads();
  const record = (status: Status): Download => ({
    ...BLANK_RECORD,
    id: status,
    url: 'https://a.example/',
    status,
    created_at: at,
    updated_at: at,
  });
  const statuses: Status[] = ['queued', 'running', 'paused', 'failed', 'completed', 'cancelled'];
  for (const status of statuses) live.add(record(status));
  const kept: Record<string, number | null> = {};
  const files = {
    removePublishedBefore: () => Promise.resolve(new Set<string>()),
    sweepJobFolders(keepMs: (id: string) => number | null) {
      for (const id of [...statuses, 'nobody']) kept[id] = keepMs(id);
      return Promise.resolve(0);
    },
  } satisfies Partial<FileStore>;
  const retention = createRetention({
    live,
    records: { persist: () => Promise.resolve() },
    files: files as unknown as FileStore,
    log: createActivityLog(),
    logger: silent,
    cleanupAfterDays: 30,
    now: () => new Date(1.7e12),
  });
  await retention.start();
  await retention.stop();
  expect(kept).toEqual({
    queued: Infinity,
    running: Infinity,
    paused: Infinity,
    failed: 24 * HOUR_MS,
    completed: 60_000,
    cancelled: 60_000,
    nobody: null,
  });
  expect(retention.nextAt()).toBe(new Date(1.7e12 + HOUR_MS).toISOString());
});
