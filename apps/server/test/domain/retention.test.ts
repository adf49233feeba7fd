import type { Artifact, Download, Status } from '@artemis/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createMemoryTable,
  type MemoryTable,
} from '../../src/adapters/download-store/memory-table.ts';
import { createActivityLog, type ActivityLog } from '../../src/domain/activity-log.ts';
import { BLANK_RECORD } from '../../src/domain/blank-record.ts';
import { afterLook, begunAt, DAY_MS, HOUR_MS } from '../../src/domain/passed-time.ts';
import type { FileStore } from '../../src/domain/ports.ts';
import { createRetention, type Retention } from '../../src/domain/retention.ts';

const nowMs = 1.7e12;
const at = new Date(nowMs).toISOString();
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const media: Artifact = {
  kind: 'media',
  name: 'a.mp4',
  size: 1,
  content_type: 'video/mp4',
  storage_path: 'downloads/a.mp4',
};

let table: MemoryTable;
let log: ActivityLog;
let kept: Record<string, number | null>;
let asked: number[];
let persisted: string[];
let ageMs: number;
let ended: string[];

beforeEach(() => {
  table = createMemoryTable();
  log = createActivityLog();
  kept = {};
  asked = [];
  persisted = [];
  ageMs = 0;
  ended = [];
});

function add(id: string, status: Status, patch: Partial<Download> = {}): void {
  const blank = { ...BLANK_RECORD, id, url: 'https://a.example/', status };
  table.add({ ...blank, created_at: at, updated_at: at, ...patch });
}

function open(time = begunAt(nowMs), cleanupAfterDays = 30): Retention {
  const files = {
    removeOlderThan(keepMs: number) {
      asked.push(keepMs);
      return Promise.resolve(new Set<string>());
    },
    ageMs: () => ageMs,
  } satisfies Partial<FileStore>;
  const workFolders = {
    async sweep(keepMs: (id: string) => number | null | Promise<number | null>) {
      for (const { download } of table.all()) kept[download.id] = await keepMs(download.id);
      kept['nobody'] = await keepMs('nobody');
      ended.push('sweep');
      return 0;
    },
  };
  return createRetention({
    records: {
      get: (id) => Promise.resolve(table.get(id)),
      find: () => Promise.resolve([...table.all()]),
      changeSurely(id, decide) {
        const stored = table.get(id);
        const change = stored && decide(stored);
        if (!stored || !change) return Promise.resolve(null);
        persisted.push(id);
        const changed = { ...stored, download: { ...stored.download, ...change.patch } };
        table.put(changed, false);
        return Promise.resolve(changed);
      },
    },
    files: files as unknown as FileStore,
    workFolders,
    timekeeper: {
      look: () => time,
      believedNow: () => new Date(nowMs),
      save() {
        ended.push('save');
        return Promise.resolve();
      },
    },
    log,
    logger: silent,
    cleanupAfterDays,
    now: () => new Date(nowMs),
  });
}

async function runOnce(...options: Parameters<typeof open>): Promise<Retention> {
  const retention = open(...options);
  await retention.start();
  await retention.stop();
  return retention;
}

it('partial files stay while they may be continued, a day for a failed download', async () => {
  const statuses: Status[] = ['queued', 'running', 'paused', 'failed', 'completed', 'cancelled'];
  for (const status of statuses) add(status, status);
  const retention = await runOnce();
  expect(kept).toEqual({
    queued: Infinity,
    running: Infinity,
    paused: Infinity,
    failed: 24 * HOUR_MS,
    completed: 60_000,
    cancelled: 60_000,
    nobody: null,
  });
  expect(asked).toEqual([30 * DAY_MS]);
  expect(retention.nextAt()).toBe(new Date(nowMs + HOUR_MS).toISOString());
});

it('a stop waits for the clean-up, which keeps its findings and removes nothing more', async () => {
  for (const status of ['running', 'failed'] as const) add(status, status);
  const retention = open();
  const started = retention.start();
  await retention.stop();
  expect(ended).toEqual(['sweep', 'save', 'save']);
  expect(kept['running']).toBe(Infinity);
  for (const id of ['failed', 'nobody']) {
    expect(kept[id]).toBeGreaterThan(36_500 * DAY_MS);
    expect(kept[id]).toBeLessThan(Infinity);
  }
  await started;
});

it.each([31, -60])(
  'nothing is deleted while the clock is doubted, and the console says so (%i days)',
  async (days) => {
    add('failed', 'failed');
    await runOnce(afterLook(begunAt(nowMs), 0, nowMs + days * DAY_MS));
    expect(asked).toEqual([]);
    expect(kept).toEqual({});
    const lines = log.console(0).lines.map(({ text }) => text);
    expect(lines).toEqual([expect.stringContaining(`${Math.abs(days)} days`)]);
  },
);

describe('expires_at of a record', () => {
  const expiresAt = (days: number) => new Date(nowMs + days * DAY_MS).toISOString();
  const read = () => table.get('a')?.download.expires_at;

  it('is right when the clock was wrong while the file was stored', async () => {
    add('a', 'completed', { artifacts: [media], expires_at: expiresAt(-30) });
    ageMs = 2 * DAY_MS;
    await runOnce();
    expect(read()).toBe(expiresAt(28));
    expect(persisted).toEqual(['a']);
  });

  it('follows the current setting', async () => {
    add('a', 'completed', { artifacts: [media], expires_at: expiresAt(20) });
    ageMs = 10 * DAY_MS;
    await runOnce(begunAt(nowMs), 60);
    expect(read()).toBe(expiresAt(50));
    await runOnce(begunAt(nowMs), 0);
    expect(read()).toBeNull();
  });

  it('stays for a difference of hours, and when files are kept for ever', async () => {
    add('a', 'completed', { artifacts: [media], expires_at: expiresAt(29.5) });
    add('b', 'completed', { artifacts: [media], expires_at: null });
    await runOnce();
    expect(read()).toBe(expiresAt(29.5));
    expect(persisted).toEqual([]);
  });
});
