import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { readStored } from '../../stored.ts';
import { readFolderRecord } from './folder-record.ts';

/** Written by the engine (`engine/steps.py`) while it processes downloaded media. */
const FILE_NAME = 'steps.json';

const Steps = Type.Object({
  begun: Type.Optional(Type.Unknown()),
  files: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
type Steps = Static<typeof Steps>;

/** How often the steps after the download were begun and not finished; 0 without a record. */
export async function stepsBegun(workFolder: string): Promise<number> {
  const { begun } = await readSteps(workFolder);
  return typeof begun === 'number' ? begun : 0;
}

/** Names of the files that were whole before the running or interrupted step; empty without such a step. */
export async function filesBeforeStep(workFolder: string): Promise<readonly string[]> {
  return Object.keys((await readSteps(workFolder)).files ?? {});
}

/**
 * Call before a run that does not continue the files of an earlier one: the engine would remove all media when a file of
 * the record is gone.
 */
export async function forgetSteps(workFolder: string): Promise<void> {
  await rm(join(workFolder, FILE_NAME), { force: true });
}

/** Empty without a record, and when a job has left something else in its place. */
async function readSteps(workFolder: string): Promise<Steps> {
  const text = await readFolderRecord(join(workFolder, FILE_NAME)).catch(() => '');
  return (await readStored(Steps, text)) ?? {};
}
