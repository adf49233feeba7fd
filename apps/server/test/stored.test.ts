import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneOf } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFolderSightings } from '../src/adapters/files/folder-sightings.ts';
import { readStored, readStoredLines } from '../src/stored.ts';
import { openResumeGuard } from '../src/worker/work-folder/resume-state.ts';
import { readOutcome } from '../src/worker/work-folder/outcome-file.ts';

const Shape = Type.Object({ name: Type.String(), state: Type.Optional(oneOf(['on', 'off'])) });

describe('a stored document', () => {
  it('is read although another version wrote more fields', async () => {
    const text = '{"name":"a","state":"on","later":[1]}';
    expect(await readStored(Shape, text)).toEqual({ name: 'a', state: 'on', later: [1] });
  });

  it.each(['', '{"name":', 'null', '[]', '{"name":1}', '{"name":"a","state":"half"}'])(
    'counts as missing when it is damaged: %s',
    async (text) => expect(await readStored(Shape, text)).toBeNull(),
  );

  it('loses only its damaged line', async () => {
    const lines = ['{"name":"a"}', '{"name":2}', '7', '{"name":"b"}', '{"na'];
    expect(await readStoredLines(Shape, lines)).toEqual([{ name: 'a' }, { name: 'b' }]);
  });
});

describe('records in a work folder that somebody else wrote into', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'artemis-stored-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('an outcome without its warnings is ignored', async () => {
    const outcome = { kind: 'done', files: [], metadata: {}, warnings: [], usage: null };
    const write = (stored: object) =>
      writeFile(join(folder, 'outcome.json'), JSON.stringify({ version: 1, outcome: stored }));
    await write(outcome);
    expect(await readOutcome(folder)).toEqual(outcome);
    for (const damage of [{ warnings: null }, { metadata: 'x' }, { usage: { tier: 'hot' } }]) {
      await write({ ...outcome, ...damage });
      expect(await readOutcome(folder)).toBeNull();
    }
  });

  it('a resume state with text for numbers is ignored', async () => {
    const state = { version: 1, key: 'k', formats: [], durationSeconds: null, isLive: true };
    const wasLive = async (fragmentCounts: object) => {
      await writeFile(join(folder, 'resume.json'), JSON.stringify({ ...state, fragmentCounts }));
      return (await openResumeGuard(folder, 'k')).wasLive;
    };
    expect(await wasLive({ '137': 12 })).toBe(true);
    expect(await wasLive({ '137': '12' })).toBe(false);
  });

  it('a damaged sighting of a folder resets the age of that folder only', async () => {
    const path = join(folder, 'sightings.json');
    const good = { mtimeMs: 5, passedMs: 1 };
    await writeFile(
      path,
      JSON.stringify([
        ['a', good],
        ['b', { mtimeMs: '5' }],
        ['c', good],
      ]),
    );
    const look = (await openFolderSightings(path)).begin(11);
    expect(['a', 'b', 'c'].map((name) => look.ageMs(name, 5))).toEqual([10, 0, 10]);
  });
});
