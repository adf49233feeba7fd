import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder } from '../../src/adapters/files/data-folder.ts';
import { FolderInUseError } from '../../src/adapters/files/folder-lock.ts';
import { createEngineFolder, sweepEngineFolders } from '../../src/adapters/engine/engine-folder.ts';
import { ownIdentity, processNamespace } from '../../src/adapters/files/process-identity.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artemis-process-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Of a process that cannot be there any more: the number is ours, the start is not. */
const dead = JSON.stringify({ ...ownIdentity(), startTicks: '1' });

describe('the lock of a data folder', () => {
  it('is taken over from a dead process by exactly one of several servers that start at once', async () => {
    const folders = Array.from({ length: 12 }, (_, n) => join(folder, `data-${n}`));
    for (const [n, path] of folders.entries()) {
      await mkdir(path);
      // A server that was killed in the middle of the write of an older Artemis left half a lock.
      await writeFile(join(path, 'lock'), n % 4 === 3 ? dead.slice(0, 9) : dead);
    }
    const startAtMs = Date.now() + 2500;
    const racers: ChildProcess[] = [1, 2, 3].map(() =>
      spawn(
        process.execPath,
        [
          '--conditions=@artemis/source',
          '--import',
          'tsx',
          join(import.meta.dirname, 'lock-racer.ts'),
          String(startAtMs),
          '80',
          ...folders,
        ],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      ),
    );
    try {
      const won = await Promise.all(
        racers.map(async ({ stdout }) => {
          const [text] = (await once(stdout ?? process.stdin, 'data')) as [Buffer];
          return JSON.parse(text.toString()) as number[];
        }),
      );
      // Each has one owner; a folder that all three stepped back from would be free for the next start.
      const owners = won.flat();
      expect(new Set(owners).size).toBe(owners.length);
      expect(owners.length).toBeGreaterThan(0);
      for (const index of owners) {
        expect(() => lockDataFolder(folders[index] ?? '')).toThrow(FolderInUseError);
      }
    } finally {
      const gone = racers.map((racer) => once(racer, 'exit'));
      for (const racer of racers) racer.kill('SIGKILL');
      await Promise.all(gone);
    }
    // Their owners are gone now.
    for (const path of folders) lockDataFolder(path)();
    expect(await readdir(folders[0] ?? '')).toEqual([]);
  });
});

describe('folders of engine sockets', () => {
  const names = async () => (await readdir(folder)).toSorted();

  it('of killed servers are removed, and no others', async () => {
    const living = createEngineFolder(folder);
    const plant = async (name: string, owner: object | string | null, mode = 0o700) => {
      const path = join(folder, name);
      await mkdir(path);
      await writeFile(join(path, 'warm-1.sock'), '');
      if (owner !== null) {
        await writeFile(
          join(path, 'owner'),
          typeof owner === 'string' ? owner : JSON.stringify(owner),
        );
      }
      await chmod(path, mode);
      return path;
    };
    const owner = { ...ownIdentity(), namespace: processNamespace(), startTicks: '1' };
    const killed = await plant('artemis-engine-killed', owner);
    const kept = [
      living,
      await plant('artemis-engine-nobody', null),
      await plant('artemis-engine-broken', '{'),
      await plant('artemis-engine-open', owner, 0o755),
      await plant('artemis-engine-container', { ...owner, namespace: 'pid:[1]' }),
      await plant('other-killed', owner),
    ];
    await symlink(join(folder, 'other-killed'), join(folder, 'artemis-engine-link'));
    await sweepEngineFolders(folder);
    await expect(access(killed)).rejects.toThrow();
    expect(await names()).toEqual(
      [...kept, join(folder, 'artemis-engine-link')]
        .map((path) => path.slice(folder.length + 1))
        .toSorted(),
    );
  });
});
