import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { recipes, textFiles } from './media-recipes.ts';

const run = promisify(execFile);
export const ffmpegPath = process.env.FFMPEG_PATH ?? 'ffmpeg';

let pending: Promise<string> | undefined;

/**
 * The absolute path of a folder with every test medium (names: `media-recipes.ts`). Made once per recipe and ffmpeg
 * version, about ten seconds, then shared by every test file and process of this user; it is left for the next run.
 * Read only: whoever wants to change a file copies it first. Rejects when ffmpeg is missing or a recipe fails.
 */
export function ensureMedia(): Promise<string> {
  pending ??= makeMedia();
  return pending;
}

async function makeMedia(): Promise<string> {
  const { stdout } = await run(ffmpegPath, ['-version']);
  const key = createHash('sha256')
    .update(JSON.stringify([stdout.split('\n')[0], recipes, textFiles]))
    .digest('hex')
    .slice(0, 16);
  const cache = path.join(tmpdir(), `artemis-test-media-${userInfo().uid}`);
  const folder = path.join(cache, key);
  if (existsSync(folder)) return folder;

  const draft = `${folder}.${randomUUID()}`;
  try {
    for (const [name, text] of Object.entries(textFiles)) {
      await mkdir(path.dirname(path.join(draft, name)), { recursive: true, mode: 0o700 });
      await writeFile(path.join(draft, name), text);
    }
    const folders = ['dash', 'live', 'kinds', 'many/ts', 'many/fmp4', 'many/ranges', 'many/dash'];
    for (const name of folders) await mkdir(path.join(draft, name), { recursive: true });
    for (const recipe of recipes) {
      await run(ffmpegPath, ['-v', 'error', '-nostdin', '-y', ...recipe.split(' ')], {
        cwd: draft,
      });
    }
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // A parallel process was faster: a rename onto a folder that is not empty fails, and theirs is as good.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
