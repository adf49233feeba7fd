/** Tries to lock one folder after another, each at its moment; prints those that it got and keeps them. */
import { lockDataFolder } from '../../src/adapters/files/data-folder.ts';
import { FolderInUseError } from '../../src/adapters/files/folder-lock.ts';

const [startAtMs = '0', stepMs = '0', ...folders] = process.argv.slice(2);
const won: number[] = [];
for (const [index, folder] of folders.entries()) {
  while (Date.now() < Number(startAtMs) + index * Number(stepMs));
  try {
    lockDataFolder(folder);
    won.push(index);
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw error;
  }
}
process.stdout.write(JSON.stringify(won));
process.stdin.resume();
