/** Tries to lock one folder after another, each at its moment; prints those that it got and keeps them. */
import { DataFolderInUseError, lockDataFolder } from '../../src/adapters/data-folder.ts';

const [startAtMs = '0', stepMs = '0', ...folders] = process.argv.slice(2);
const won: number[] = [];
for (const [index, folder] of folders.entries()) {
  while (Date.now() < Number(startAtMs) + index * Number(stepMs));
  try {
    lockDataFolder(folder);
    won.push(index);
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) throw error;
  }
}
process.stdout.write(JSON.stringify(won));
process.stdin.resume();
