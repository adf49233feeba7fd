import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of this name on PATH and in the system's folders, or null. `override` is a path that comes first. */
export function findProgram(name: string, override?: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const places = [...(override ? [override] : []), ...folders.map((folder) => join(folder, name))];
  return places.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
