import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TIERS, waitUntil } from '../engine/engine-under-test.ts';
import { progressOf, startTasks, type TasksUnderTest } from './task-under-test.ts';

// Most of their time they wait for the next try.
describe.each(TIERS)('a broken transfer in the %s tier', { concurrent: true }, (tier) => {
  let tasks: TasksUnderTest;
  let keys = 0;

  beforeAll(async () => {
    tasks = await startTasks([], tier);
  }, 60_000);

  afterAll(() => tasks.close());

  function pathOf(query: string): string {
    keys += 1;
    return `/line/clip.mp4?key=${keys}&${query}`;
  }

  async function digestOf(query: string): Promise<string> {
    const whole = await fetch(`${tasks.origin.url}/line/clip.mp4?key=whole&${query}`);
    return digest(Buffer.from(await whole.arrayBuffer()));
  }

  function digest(bytes: Buffer): string {
    return createHash('sha256').update(bytes).digest('hex');
  }

  /** The tiers differ in when yt-dlp is loaded: of each kind one case is enough to see that ours is around it in both. */
  const isFirstTier = tier === TIERS[0];
  const inOneTier = <T>(...examples: T[]): T[] => (isFirstTier ? examples : []);

  function requestsFor(path: string) {
    return tasks.origin.requests.filter((request) => path === `${request.path}${request.query}`);
  }

  /** How many ranges that do not begin at 0 the site was asked for. */
  function continued(path: string): number {
    return requestsFor(path).filter(({ range }) => /^bytes=[1-9]/.test(range ?? '')).length;
  }

  it.each([
    ...inOneTier(
      // First, since it waits for as long as all others take.
      ['sends nothing more', 'drop=500000&answer=nothing', ''],
      ['never continues where it is asked to', 'drop=500000&answer=elsewhere', ''],
      ['never names the place', 'drop=500000&answer=bare', ''],
      ['fails at every range', 'drop=500000&answer=error', 'HTTP 500'],
    ),
    ['refuses every range', 'drop=500000&answer=refuse', ''],
  ])(
    'ends as NETWORK after bounded tries when the site %s',
    async (_, query, figures) => {
      const path = pathOf(query);
      const { outcome, workFolder } = await tasks.run(path);
      const failed = { kind: 'failed', code: 'NETWORK' };
      expect(outcome).toMatchObject(figures === '' ? failed : { ...failed, figures });
      expect((await stat(join(workFolder, 'media.mp4.part'))).size).toBe(500_000);
      expect(requestsFor(path).length).toBeLessThan(12);
    },
    90_000,
  );

  it.each([
    ...inOneTier(['is silent once', 'drop=1000000&drops=3&answer=silence&answers=1', '']),
    ['drops every 500 kB of 10 MB', 'size=10000000&drop=500000', ''],
    ['answers once with a part from another place', 'drop=2000000&drops=2&answer=elsewhere', ''],
    ...inOneTier(
      ['drops every 100 kB', 'size=1500000&drop=100000', ''],
      ['drops, of a site without validators', 'size=3000000&drop=500000&validators=none', ''],
      ['drops, of a site that names no length', 'drop=900000&validators=none&length=chunked', ''],
      ['ends early as if that were all', 'drop=900000&drops=2&length=none', ''],
      ['answers for less than was asked', 'drop=400000&drops=2&answer=short', ''],
      ['answers once with a part that names no place', 'drop=2000000&drops=2&answer=bare', ''],
      ['answers once with another total', 'drop=2000000&drops=2&answer=other-total', ''],
      ['answers once with the whole file', 'drop=2000000&drops=2&answer=whole', ''],
      ['fails at every range, though not at the whole', 'drop=2000000&drops=1&answer=error', ''],
      ['refuses the range once', 'drop=2000000&drops=2&answer=refuse', ''],
      ['has another file meanwhile', 'drop=2000000&drops=2&answer=changed', 'version=b'],
    ),
  ])(
    'ends with the same bytes when the connection %s',
    async (_, query, version) => {
      const { media, workFolder } = await tasks.done(pathOf(query));
      const size = /size=\d+/.exec(query)?.[0] ?? '';
      expect(digest(await readFile(media?.path ?? ''))).toBe(await digestOf(`${size}&${version}`));
      expect(await readdir(workFolder)).not.toContain('media.mp4.part');
    },
    90_000,
  );

  async function stoppedInTheMiddle(query = '') {
    const path = pathOf(`size=1500000&kib_per_s=500&${query}`);
    const task = await tasks.start(path);
    await waitUntil(
      () => progressOf(task.events).find(({ downloadedBytes }) => (downloadedBytes ?? 0) > 300_000),
      () => `the middle: ${JSON.stringify(task.events.at(-1))}`,
    );
    task.stop();
    expect(await task.outcome).toMatchObject({ kind: 'stopped' });
    const before = continued(path);
    return {
      path,
      before,
      workFolder: task.workFolder,
      part: join(task.workFolder, 'media.mp4.part'),
    };
  }

  async function wholeFile(): Promise<Buffer> {
    const whole = await fetch(`${tasks.origin.url}/line/clip.mp4?key=whole&size=1500000`);
    return Buffer.from(await whole.arrayBuffer());
  }

  async function expectWhole(path: string, workFolder: string): Promise<void> {
    const { media } = await tasks.done(path, { workFolder });
    expect(digest(await readFile(media?.path ?? ''))).toBe(digest(await wholeFile()));
  }

  it('continues in a later process with the notes beside the partial file', async () => {
    const { path, before, workFolder } = await stoppedInTheMiddle();
    await expectWhole(path, workFolder);
    expect(continued(path)).toBe(before + 1);
  });

  if (!isFirstTier) return;

  it('starts again in a later process without notes', async () => {
    const { path, workFolder, part } = await stoppedInTheMiddle();
    await writeFile(part, Buffer.alloc((await stat(part)).size, 1));
    await rm(join(workFolder, 'resume-media.mp4.part.json'));
    await expectWhole(path, workFolder);
  });

  it('starts again in a later process when the site names no version of its file', async () => {
    const { path, workFolder, part } = await stoppedInTheMiddle('validators=none');
    await writeFile(part, Buffer.alloc((await stat(part)).size, 1));
    await expectWhole(path, workFolder);
  });

  it('fetches nothing more when the partial file is whole', async () => {
    const { path, workFolder, part } = await stoppedInTheMiddle();
    await writeFile(part, await wholeFile());
    const { ino } = await stat(part);
    await expectWhole(path, workFolder);
    expect((await stat(join(workFolder, 'media.mp4'))).ino).toBe(ino);
  });

  it('starts again when the site refuses the last missing bytes', async () => {
    const { path, workFolder, part } = await stoppedInTheMiddle('answer=refuse');
    await writeFile(part, (await wholeFile()).subarray(0, 1_499_950));
    await expectWhole(path, workFolder);
  });
});
