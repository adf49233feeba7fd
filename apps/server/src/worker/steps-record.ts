import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readFolderRecord } from './folder-record.ts';

/** Written by the engine (`engine/steps.py`) while it works on media that is fetched. */
const FILE_NAME = 'steps.json';

/** How often the steps after the download were begun without being finished; 0 when nothing is known of it. */
export async function stepsBegun(jobFolder: string): Promise<number> {
  try {
    const { begun } = JSON.parse(await readFolderRecord(join(jobFolder, FILE_NAME))) as {
      begun?: unknown;
    };
    return typeof begun === 'number' ? begun : 0;
  } catch {
    return 0;
  }
}

/** For a run that does not begin from what an earlier one has left. */
export async function forgetSteps(jobFolder: string): Promise<void> {
  await rm(join(jobFolder, FILE_NAME), { force: true });
}
