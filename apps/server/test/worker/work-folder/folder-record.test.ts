import { execFileSync } from 'node:child_process';
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  readFolderRecord,
  writeFolderRecord,
} from '../../../src/worker/work-folder/folder-record.ts';
import { readOutcome, writeOutcome } from '../../../src/worker/work-folder/outcome-file.ts';

/** A job that somebody has taken over writes into its own folder whatever it likes; the server reads and writes there too. */
describe('a record in a work folder', () => {
  let parent: string;
  let folder: string;
  let secret: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'folder-record-'));
    folder = join(parent, 'job');
    await mkdir(folder);
    secret = join(parent, 'secret.mp4');
    await writeFile(secret, 'the secret');
  });

  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('is read as written, and leaves no other file', async () => {
    const path = join(folder, 'state.json');
    await writeFolderRecord(path, 'one');
    await writeFolderRecord(path, 'two');
    expect(await readFolderRecord(path)).toBe('two');
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it('is never read through a link', async () => {
    await symlink(secret, join(folder, 'state.json'));
    await expect(readFolderRecord(join(folder, 'state.json'))).rejects.toThrow();
  });

  it('does not block when a pipe or device is in its place', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(readFolderRecord(join(folder, 'pipe'))).rejects.toThrow('not a record');
    await symlink('/dev/zero', join(folder, 'device'));
    await expect(readFolderRecord(join(folder, 'device'))).rejects.toThrow();
  });

  it('replaces a link instead of writing to its target', async () => {
    const path = join(folder, 'state.json');
    await symlink(secret, path);
    await writeFolderRecord(path, 'ours');
    expect(await readFile(secret, 'utf8')).toBe('the secret');
    expect((await lstat(path)).isFile()).toBe(true);
  });

  const file = (path: string) => ({
    kind: 'media' as const,
    path,
    suffix: '.mp4',
    sizeBytes: 10,
    contentType: 'video/mp4',
  });
  const outcome = (path: string) => ({
    kind: 'done' as const,
    files: [file(path)],
    metadata: {},
    warnings: [],
    usage: null,
  });

  it('of a verified outcome is trusted for a file of this folder', async () => {
    const path = join(folder, 'media.mp4');
    await writeFile(path, 'ten bytes!');
    await writeOutcome(folder, outcome(path));
    expect((await readOutcome(folder))?.files).toEqual([file(path)]);
  });

  it('of a verified outcome is trusted after a kill in the middle of its publication', async () => {
    const path = join(folder, 'media.mp4');
    await writeFile(path, 'ten bytes!');
    await writeOutcome(folder, outcome(path));
    await link(path, join(parent, 'published.mp4'));
    expect(await readOutcome(folder)).not.toBeNull();
    await rm(path);
    expect(await readOutcome(folder)).not.toBeNull();
  });

  it.each(['../secret.mp4', '../../etc/passwd', 'deeper/media.mp4'])(
    'of a verified outcome is not trusted for %s',
    async (path) => {
      const forged = { version: 1, outcome: { ...outcome(path), files: [file(path)] } };
      await writeFile(join(folder, 'outcome.json'), JSON.stringify(forged));
      expect(await readOutcome(folder)).toBeNull();
    },
  );

  it('of a verified outcome is not trusted for a link or a mismatched type', async () => {
    await symlink(secret, join(folder, 'media.mp4'));
    const forged = { version: 1, outcome: { ...outcome('media.mp4'), files: [file('media.mp4')] } };
    await writeFile(join(folder, 'outcome.json'), JSON.stringify(forged));
    expect(await readOutcome(folder)).toBeNull();
    await rm(join(folder, 'media.mp4'));
    await writeFile(join(folder, 'media.mp4'), 'ten bytes!');
    const typed = { ...file('media.mp4'), contentType: 'text/html' };
    const other = { version: 1, outcome: { ...outcome('media.mp4'), files: [typed] } };
    await writeFile(join(folder, 'outcome.json'), JSON.stringify(other));
    expect(await readOutcome(folder)).toBeNull();
  });
});
