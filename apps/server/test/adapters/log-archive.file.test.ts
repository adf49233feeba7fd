import { appendFile, copyFile, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileLogArchive } from '../../src/adapters/log-archive.file.ts';
import { createActivityLog } from '../../src/domain/activity-log.ts';

const KEPT = '11111111-1111-4111-8111-111111111111';
const GONE = '22222222-2222-4222-8222-222222222222';
const logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

describe('the log of activity', () => {
  let folder: string;
  const path = () => join(folder, 'activity-log.jsonl');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'activity-log-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function run() {
    const archive = createFileLogArchive({ path: path(), logger });
    const log = createActivityLog(() => new Date(), archive);
    log.restore(await archive.load((id) => Promise.resolve(id === KEPT)));
    return { archive, log };
  }

  it('survives a restart except for downloads that are gone, and its numbers continue', async () => {
    const first = await run();
    const started = { message: 'Started.', code: 'STARTED', values: { n: 1 } };
    first.log.write('info', started, null, true);
    first.log.write('error', 'The site is gone.', KEPT, false);
    first.log.write('info', 'Forgotten.', GONE, true);
    await first.archive.close();

    const second = await run();
    expect(second.log.ofDownload(KEPT, 0).lines.map(({ text }) => text)).toEqual([
      'The site is gone.',
    ]);
    expect(second.log.ofDownload(GONE, 0).lines).toEqual([]);
    const { lines, next } = second.log.console(0);
    expect(lines).toMatchObject([{ text: 'Started.', code: 'STARTED', values: { n: 1 } }]);
    second.log.write('info', 'Again.', null, true);
    expect(second.log.console(next).lines.map(({ text }) => text)).toEqual(['Again.']);
    await second.archive.close();

    const third = await run();
    expect(third.log.console(0).lines.map(({ text }) => text)).toEqual(['Started.', 'Again.']);
  });

  it('survives truncated and foreign lines', async () => {
    const first = await run();
    first.log.write('info', 'Whole.', KEPT, true);
    await first.archive.close();
    await appendFile(path(), 'null\n{"seq":"2"}\n{"seq":3,"at":"2026-01-01T00:00:00.000Z","lev');
    const { log } = await run();
    expect(log.console(0).lines.map(({ text }) => text)).toEqual(['Whole.']);
  });

  it('keeps its newest lines when the file has become too large to read', async () => {
    const first = await run();
    first.log.write('info', 'Old.', KEPT, true);
    await first.archive.close();
    await truncate(path(), 1024 ** 3);
    await appendFile(path(), '\n');
    const grown = createFileLogArchive({ path: path(), logger });
    const at = new Date().toISOString();
    grown.append({
      seq: 7,
      at,
      level: 'info',
      text: 'Newest.',
      is_for_console: true,
    });
    await grown.close();
    const { log } = await run();
    expect(log.console(0).lines.map(({ text }) => text)).toEqual(['Newest.']);
    expect((await stat(path())).size).toBe(0);
    expect((await stat(`${path()}.1`)).size).toBeLessThan(1000);
  });

  it('has each line once after a stop in the middle of its clean-up', async () => {
    const first = await run();
    first.log.write('info', 'Started.', null, true);
    await first.archive.close();
    await copyFile(path(), `${path()}.1`);
    const { log } = await run();
    expect(log.console(0).lines.map(({ text }) => text)).toEqual(['Started.']);
  });

  it('is readable by its owner alone and does not grow without limit', async () => {
    const { archive, log } = await run();
    for (let burst = 0; burst < 12; burst += 1) {
      for (let line = 0; line < 1000; line += 1) log.write('debug', 'x'.repeat(2000), KEPT, false);
      await archive.close();
    }
    const sizes = await Promise.all(
      [path(), `${path()}.1`].map(async (file) => (await stat(file)).size),
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(22_000_000);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect((await readFile(path(), 'utf8')).endsWith('}\n')).toBe(true);
  });
});
