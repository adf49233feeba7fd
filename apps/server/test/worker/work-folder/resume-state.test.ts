import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OutputMessage } from '../../../src/worker/output/output-lines.ts';
import { openResumeGuard } from '../../../src/worker/work-folder/resume-state.ts';
import { filesBeforeStep, stepsBegun } from '../../../src/worker/work-folder/steps-record.ts';

let workFolder: string;

beforeEach(async () => {
  workFolder = await mkdtemp(join(tmpdir(), 'resume-state-'));
});

afterEach(() => rm(workFolder, { recursive: true, force: true }));

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
  await writeFile(join(workFolder, 'resume.json'), state);
  await writeFile(join(workFolder, 'media.mp4.part'), 'bytes of nobody knows what');
  const guard = await openResumeGuard(workFolder, 'k');
  expect(guard.wasLive).toBe(false);
  expect(await readdir(workFolder)).toEqual([]);
  expect(guard.take(video)).toBe(false);
  await guard.settled();
});

it('the state of a run matches the same media in the next one', async () => {
  const first = await openResumeGuard(workFolder, 'k');
  first.take(video);
  await first.settled();
  expect(JSON.parse(await readFile(join(workFolder, 'resume.json'), 'utf8'))).toMatchObject({
    formats: [{ formatId: '22', sizeBytes: 9 }],
  });
  expect((await openResumeGuard(workFolder, 'k')).take(video)).toBe(false);
});

it('a folder that disappears while a live stream is recorded does not end the thread', async () => {
  const state = { version: 1, key: 'k', formats: [], fragmentCounts: {}, isLive: true };
  await writeFile(join(workFolder, 'resume.json'), JSON.stringify(state));
  const guard = await openResumeGuard(workFolder, 'k');
  await rm(workFolder, { recursive: true });
  guard.take(video);
  await expect(guard.settled()).resolves.toBeUndefined();
});

it.each(['null', '7', '{"begun":"often","files":null}', 'no JSON'])(
  'a forged record of steps is ignored: %s',
  async (text) => {
    await writeFile(join(workFolder, 'steps.json'), text);
    expect(await stepsBegun(workFolder)).toBe(0);
    expect(await filesBeforeStep(workFolder)).toEqual([]);
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
  await writeFile(join(workFolder, 'resume.json'), JSON.stringify({ ...state, ...fields }));
  await writeFile(join(workFolder, 'media.mp4.ytdl'), 'x');
  await openResumeGuard(workFolder, 'k', areFragmentsOurs);
  expect((await readdir(workFolder)).filter((name) => name !== 'resume.json')).toEqual(left);
});
