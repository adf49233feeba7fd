import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OutputMessage } from '../../../src/worker/output/output-lines.ts';
import { openResumeGuard } from '../../../src/worker/work-folder/resume-state.ts';
import { filesBeforeStep, stepsBegun } from '../../../src/worker/work-folder/steps-record.ts';

let jobFolder: string;

beforeEach(async () => {
  jobFolder = await mkdtemp(join(tmpdir(), 'resume-state-'));
});

afterEach(() => rm(jobFolder, { recursive: true, force: true }));

const video: OutputMessage = {
  kind: 'video',
  video: {
    fields: {},
    formats: [
      {
        ...{ formatId: '22', sizeBytes: 9, isSizeExact: true, bitrate: null },
        ...{ hasVideo: true, protocol: 'https' },
      },
    ],
    durationSeconds: 9,
    isLive: false,
    sponsorSeconds: 0,
  },
};

it.each([
  ['without formats', {}],
  ['with fields of other types', { formats: [null, 7], fragmentCounts: 'many', isLive: 'yes' }],
])('a forged resume state is ignored, and its partial files are removed: %s', async (_, fields) => {
  const state = JSON.stringify({ version: 1, key: 'k', ...fields });
  await writeFile(join(jobFolder, 'resume.json'), state);
  await writeFile(join(jobFolder, 'media.mp4.part'), 'bytes of nobody knows what');
  const guard = await openResumeGuard(jobFolder, 'k');
  expect(guard.wasLive).toBe(false);
  expect(await readdir(jobFolder)).toEqual([]);
  expect(guard.take(video)).toBe(false);
  await guard.settled();
});

it('the state of a run matches the same media in the next one', async () => {
  const first = await openResumeGuard(jobFolder, 'k');
  first.take(video);
  await first.settled();
  expect(JSON.parse(await readFile(join(jobFolder, 'resume.json'), 'utf8'))).toMatchObject({
    formats: [{ formatId: '22', sizeBytes: 9 }],
  });
  expect((await openResumeGuard(jobFolder, 'k')).take(video)).toBe(false);
});

it('a folder that disappears while a live stream is recorded does not end the thread', async () => {
  const state = { version: 1, key: 'k', formats: [], fragmentCounts: {}, isLive: true };
  await writeFile(join(jobFolder, 'resume.json'), JSON.stringify(state));
  const guard = await openResumeGuard(jobFolder, 'k');
  await rm(jobFolder, { recursive: true });
  guard.take(video);
  await expect(guard.settled()).resolves.toBeUndefined();
});

it.each(['null', '7', '{"begun":"often","files":null}', 'no JSON'])(
  'a forged record of steps is ignored: %s',
  async (text) => {
    await writeFile(join(jobFolder, 'steps.json'), text);
    expect(await stepsBegun(jobFolder)).toBe(0);
    expect(await filesBeforeStep(jobFolder)).toEqual([]);
  },
);

it.each<[string, object, boolean, string[]]>([
  ['segments that a standalone yt-dlp appends go', {}, false, []],
  ['segments that it has appended go', { fragmentCounts: { hls: 9 } }, false, []],
  [
    'segments that the engine appends stay',
    { fragmentCounts: { hls: 9 } },
    true,
    ['media.mp4.ytdl'],
  ],
  ['a live recording stays', { isLive: true }, false, ['media.mp4.ytdl']],
])('of partial files, %s', async (_, fields, areFragmentsOurs, left) => {
  const state = { version: 1, key: 'k', formats: [], durationSeconds: null, fragmentCounts: {} };
  await writeFile(join(jobFolder, 'resume.json'), JSON.stringify({ ...state, ...fields }));
  await writeFile(join(jobFolder, 'media.mp4.ytdl'), 'x');
  await openResumeGuard(jobFolder, 'k', areFragmentsOurs);
  expect((await readdir(jobFolder)).filter((name) => name !== 'resume.json')).toEqual(left);
});
