import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDiskTimekeeper } from '../../src/adapters/passed-time.disk.ts';
import { DAY_MS, HOUR_MS } from '../../src/domain/passed-time.ts';

let folder: string;
let wallMs: number;
let monotonicMs: number;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-time-'));
  wallMs = 1.7e12;
  monotonicMs = 500;
  warnings = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = () => join(folder, 'data', 'passed-time.json');
const open = () =>
  openDiskTimekeeper({
    dataDir: join(folder, 'data'),
    logger: {
      info: () => undefined,
      warn: (_details, message) => void warnings.push(message),
      error: () => undefined,
    },
    wallMs: () => wallMs,
    monotonicMs: () => monotonicMs,
  });

it('keeps passed and doubted time across a restart with another monotonic clock', async () => {
  const first = await open();
  monotonicMs += 5 * HOUR_MS;
  wallMs += 5 * HOUR_MS;
  await first.save();
  wallMs += 2 * HOUR_MS;
  monotonicMs = 0;
  const second = await open();
  expect(second.look()).toMatchObject({ passedMs: 7 * HOUR_MS, doubt: null });
  wallMs += 31 * DAY_MS;
  await second.save();
  monotonicMs = 7;
  const doubt = { offMs: 31 * DAY_MS, sinceMs: 7 * HOUR_MS };
  expect((await open()).look()).toMatchObject({ passedMs: 7 * HOUR_MS, doubt });
});

it('counts time after the last save by the clock, as for a killed server', async () => {
  const first = await open();
  await first.save();
  monotonicMs += HOUR_MS;
  wallMs += HOUR_MS;
  expect(first.look().passedMs).toBe(HOUR_MS);
  expect((await open()).look().passedMs).toBe(HOUR_MS);
});

it.each([
  '',
  '{"passedMs":"old"}',
  '{"passedMs":"5","zeroMs":0,"setBackMs":0}',
  'null',
  '{"passedMs":1e300,"zeroMs":0,"setBackMs":0}',
])('starts again with a damaged file: %s', async (text) => {
  await mkdir(join(folder, 'data'));
  await writeFile(path(), text);
  const keeper = await open();
  expect(keeper.look()).toMatchObject({ passedMs: 0, doubt: null });
  await keeper.save();
  expect(JSON.parse(await readFile(path(), 'utf8'))).toMatchObject({ passedMs: 0 });
});

it('continues when the file cannot be written', async () => {
  const keeper = await open();
  await mkdir(join(path(), 'in-the-way'), { recursive: true });
  await keeper.save();
  expect(warnings).toHaveLength(1);
  monotonicMs += HOUR_MS;
  wallMs += HOUR_MS;
  expect(keeper.look().passedMs).toBe(HOUR_MS);
});
