import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOutcome } from '../../src/worker/work-folder/outcome-file.ts';
import { waitUntil } from '../engine/engine-under-test.ts';
import {
  progressOf,
  startTasks,
  type TaskRequest,
  type TasksUnderTest,
} from './task-under-test.ts';

let tasks: TasksUnderTest;

beforeAll(async () => {
  tasks = await startTasks();
}, 60_000);

afterAll(() => tasks.close());

const done = (path: string, request?: TaskRequest) => tasks.done(path, request);

describe('stopping and continuing', () => {
  const path = '/padded.mp4?size=3000000&kib_per_s=500';

  async function stopInTheMiddle() {
    tasks.origin.isAtFullSpeed = false;
    const task = await tasks.start(path);
    await waitUntil(
      () => progressOf(task.events).find(({ downloadedBytes }) => (downloadedBytes ?? 0) > 300_000),
      () => `the middle: ${JSON.stringify(task.events.at(-1))}`,
    );
    task.stop();
    expect(await task.outcome).toMatchObject({ kind: 'stopped' });
    const names = await readdir(task.workFolder);
    expect(names).toContain('media.mp4.part');
    tasks.origin.requests.length = 0;
    tasks.origin.isAtFullSpeed = true;
    return task.workFolder;
  }

  it('continues from the partial file', async () => {
    const workFolder = await stopInTheMiddle();
    const { media } = await done(path, { workFolder });
    expect(media?.sizeBytes).toBe(3_000_000);
    const ranges = tasks.origin.requests.map(({ range }) => range);
    expect(ranges.some((range) => /^bytes=[1-9]\d{4,}-/.test(range ?? ''))).toBe(true);
    expect(await readdir(workFolder)).not.toContain('resume-media.mp4.part.json');
  });

  it.each([
    [
      'the file on the site has changed',
      'resume-media.mp4.part.json',
      /"\\"padded-3000000\\""/,
      '"\\"before\\""',
    ],
    ['what lies there belongs to another selection', 'resume.json', /"key":"\w+"/, '"key":"other"'],
  ])('starts again when %s', async (_, name, pattern, replacement) => {
    const workFolder = await stopInTheMiddle();
    const file = join(workFolder, name);
    const state = await readFile(file, 'utf8');
    expect(state).toMatch(pattern);
    await writeFile(file, state.replace(pattern, replacement));
    const part = join(workFolder, 'media.mp4.part');
    await writeFile(part, Buffer.alloc((await stat(part)).size, 1));
    const { media } = await done(path, { workFolder });
    expect(media?.sizeBytes).toBe(3_000_000);
    const head = (await readFile(media?.path ?? '')).subarray(4, 8);
    expect(head.toString()).toBe('ftyp');
  });

  it('never joins two versions of a file that changes during the download', async () => {
    const { metadata, events } = await done('/fault/changing.mp4?cut=200000&key=task');
    expect(metadata.height).toBe(720);
    const texts = events.map((event) => (event.kind === 'log' ? event.text : ''));
    expect(texts.some((text) => text.includes('has changed'))).toBe(true);
  });

  it('stops at once when told so before it has begun', async () => {
    const task = await tasks.start('/fault/stalled.mp4');
    task.stop();
    expect(await task.outcome).toMatchObject({ kind: 'stopped' });
  });

  it('needs ffmpeg before anything is fetched', async () => {
    tasks.origin.requests.length = 0;
    const { outcome } = await tasks.run('/media/clip-360.mp4', { engine: { hasFfmpeg: false } });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'ENGINE_MISSING' });
    expect(tasks.origin.requests).toEqual([]);
  });

  it('ends as INTERRUPTED and keeps the partial files when there is no engine host', async () => {
    const workFolder = await stopInTheMiddle();
    const engine = { socketPath: '/nowhere/engine.sock' };
    const { outcome } = await tasks.run(path, { workFolder, engine });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'INTERRUPTED' });
    expect(await readdir(workFolder)).toContain('media.mp4.part');
  });

  it('keeps a checked outcome, so that nothing is downloaded twice after a crash', async () => {
    const { outcome, workFolder } = await done('/media/clip-360.mp4');
    expect(await readOutcome(workFolder)).toEqual(outcome);
    await writeFile(join(workFolder, 'media.mp4'), 'something else');
    expect(await readOutcome(workFolder)).toBeNull();
  });
});
