import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../../../src/worker/run/attempt.ts';
import { createLiveParts } from '../../../src/worker/live/live-parts.ts';
import { openResumeGuard, wipeButRecorded } from '../../../src/worker/work-folder/resume-state.ts';

const LIVE = { version: 1, key: 'k', formats: [], durationSeconds: null, fragmentCounts: {} };

describe('the earlier parts of a live recording', () => {
  let workFolder: string;

  beforeEach(async () => {
    workFolder = await mkdtemp(join(tmpdir(), 'live-parts-'));
    await put('resume.json', JSON.stringify({ ...LIVE, isLive: true }));
  });

  afterEach(() => rm(workFolder, { recursive: true, force: true }));

  const put = (name: string, text: string) => writeFile(join(workFolder, name), text);
  const names = async () => (await readdir(workFolder)).sort();

  async function keepLeft(): Promise<void> {
    const attempt = { task: { workFolder }, reporter: { log: () => undefined } };
    await createLiveParts(attempt as unknown as Attempt).keepLeft();
  }

  it('are the complete ones before an interrupted step', async () => {
    await put('media.mp4', 'whole');
    await put('media.m4a', 'half');
    await put('steps.json', JSON.stringify({ files: { 'media.mp4': 5 }, done: [], begun: 1 }));
    await keepLeft();
    expect(await names()).toEqual(['media-live0001.mp4', 'resume.json']);
    expect(await readFile(join(workFolder, 'media-live0001.mp4'), 'utf8')).toBe('whole');
  });

  it('stay when later parts are fetched again, and when the stream has ended', async () => {
    await put('media.mp4', 'first');
    await keepLeft();
    const guard = await openResumeGuard(workFolder, 'k');
    const video = { formats: [], durationSeconds: 9, isLive: false, fields: {} };
    expect(guard.take({ kind: 'video', video } as never)).toBe(false);
    await guard.settled();
    await put('media.mp4', 'second');
    await wipeButRecorded(workFolder);
    expect((await openResumeGuard(workFolder, 'k')).wasLive).toBe(true);
    expect(await names()).toEqual(['media-live0001.mp4', 'resume.json']);
  });

  it('are removed for another download', async () => {
    await put('media-live0001.mp4', 'first');
    await openResumeGuard(workFolder, 'another');
    expect(await names()).toEqual([]);
  });
});
