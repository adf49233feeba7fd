import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VideoInfo } from '../../../src/worker/output/output-lines.ts';
import { readOutcome } from '../../../src/worker/work-folder/outcome-file.ts';
import { SET_ASIDE, setAside } from '../../../src/worker/work-folder/set-aside.ts';
import { startTasks, type TasksUnderTest } from '../task-under-test.ts';

describe('the partial media of a failed download', { timeout: 60_000 }, () => {
  let tasks: TasksUnderTest;
  const folders: string[] = [];

  beforeAll(async () => {
    tasks = await startTasks();
  }, 60_000);

  afterAll(async () => {
    await tasks.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  const cut = '/fault/short-without-length.mp4?cut=400000';

  async function truncated(): Promise<string> {
    const { outcome, workFolder } = await tasks.run(cut);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'TRUNCATED' });
    return workFolder;
  }

  async function emptyFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'keep-incomplete-'));
    folders.push(folder);
    return folder;
  }

  it('becomes a playable file with a warning that says how much there is', async () => {
    const workFolder = await truncated();
    tasks.origin.requests.length = 0;
    const { outcome } = await tasks.run(cut, { workFolder, isKeptIncomplete: true });
    expect(tasks.origin.requests).toEqual([]);
    expect(outcome).toMatchObject({
      kind: 'done',
      files: [{ path: join(workFolder, 'media.mp4'), suffix: '.mp4' }],
      warnings: [
        { code: 'INCOMPLETE', detail: expect.stringMatching(/^0:0[2-6] \/ 0:08$/) as string },
      ],
      metadata: { title: 'short-without-length', vcodec: 'h264' },
    });
    expect(await readOutcome(workFolder)).toMatchObject({ kind: 'done' });
    const stored = join(workFolder, 'media.mp4');
    const args = ['-v', 'error', '-i', stored, '-f', 'null', '-'];
    expect((await promisify(execFile)('ffmpeg', args)).stderr).toBe('');
  });

  it.each([
    [
      'a stream of which nothing was joined',
      { 'media.f1.mp4.part': 'hls/v360-00.ts', 'media.f2.m4a.part': 'hls/de-00.ts' },
    ],
    ['a transport stream under another name', { 'media.mp4.part': 'live/segment-00.ts' }],
  ])('may be %s', async (_, parts) => {
    const workFolder = await emptyFolder();
    for (const [name, source] of Object.entries(parts)) {
      await copyFile(join(tasks.origin.mediaFolder, source), join(workFolder, name));
    }
    const video: VideoInfo = {
      fields: { title: 'News' },
      formats: [],
      durationSeconds: 3725,
      isLive: false,
      sponsorSeconds: 0,
    };
    await setAside(workFolder, { video, filePath: null, missing: null });
    const { metadata, warnings, suffixes } = await tasks.done('/media/clip-360.mp4', {
      workFolder,
      isKeptIncomplete: true,
    });
    expect(suffixes).toEqual(['.mp4']);
    expect(warnings).toEqual(['INCOMPLETE']);
    expect(metadata).toMatchObject({ title: 'News', vcodec: 'h264', acodec: 'aac' });
  });

  it('is not continued by the next attempt, which removes it', async () => {
    const workFolder = await truncated();
    expect(await readdir(workFolder)).toEqual([SET_ASIDE]);
    tasks.origin.requests.length = 0;
    const { metadata, warnings } = await tasks.done('/media/clip-360.mp4', { workFolder });
    expect(metadata.duration).toBeCloseTo(8, 0);
    expect(warnings).toEqual([]);
    const ranges = tasks.origin.requests.map(({ range }) => range ?? 'bytes=0-');
    expect(ranges.filter((range) => !range.startsWith('bytes=0-'))).toEqual([]);
    expect(await readdir(workFolder)).not.toContain(SET_ASIDE);
  });

  it('leaves the download failed when it is gone or unreadable', async () => {
    const workFolder = await emptyFolder();
    const again = () => tasks.run(cut, { workFolder, isKeptIncomplete: true });
    expect((await again()).outcome).toMatchObject({ kind: 'failed', code: 'TRUNCATED' });
    await writeFile(join(workFolder, 'media.mp4.part'), 'nothing that anybody could play');
    const video = { fields: {}, formats: [], durationSeconds: 8, isLive: false, sponsorSeconds: 0 };
    await setAside(workFolder, { video, filePath: null, missing: null });
    expect((await again()).outcome).toMatchObject({ kind: 'failed', code: 'TRUNCATED' });
  });
});
