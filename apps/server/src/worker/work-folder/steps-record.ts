import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { readStored } from '../../stored.ts';
import { readFolderRecord } from './folder-record.ts';

/** Written by the engine (`engine/steps.py`) while it works on media that is fetched. */
const FILE_NAME = 'steps.json';

const Steps = Type.Object({
  begun: Type.Optional(Type.Unknown()),
  files: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
type Steps = Static<typeof Steps>;

/** How often the steps after the download were begun without being finished; 0 when nothing is known of it. */
export async function stepsBegun(jobFolder: string): Promise<number> {
  const { begun } = await readSteps(jobFolder);
  return typeof begun === 'number' ? begun : 0;
}

/** Names of the files that were whole before the step that runs, or ran when it was killed; empty when there was none. */
export async function filesBeforeStep(jobFolder: string): Promise<readonly string[]> {
  return Object.keys((await readSteps(jobFolder)).files ?? {});
}

/**
 * For a run that does not begin from what an earlier one has left: the engine removes all media when a file of the
 * record is gone.
 */
export async function forgetSteps(jobFolder: string): Promise<void> {
  await rm(join(jobFolder, FILE_NAME), { force: true });
}

async function readSteps(jobFolder: string): Promise<Steps> {
  try {
    return (await readStored(Steps, await readFolderRecord(join(jobFolder, FILE_NAME)))) ?? {};
  } catch {
    return {};
  }
}
