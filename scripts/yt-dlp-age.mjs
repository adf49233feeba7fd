import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryDir } from './steps.mjs';

const dayMs = 86_400_000;

/** @type {{ version: string, toleranceDays: number }} */
const tried = JSON.parse(
  readFileSync(join(repositoryDir, 'apps/server/tried-yt-dlp.json'), 'utf8'),
);

/** The yt-dlp this version of the project was tried with. */
export const triedVersion = tried.version;

/** As the server judges it (`tools.ts`), which may not be built yet. @param {string} version */
export function isStale(version) {
  return dayOf(triedVersion) - dayOf(version) > tried.toleranceDays;
}

/** @param {string} version */
function dayOf(version) {
  const [year = 0, month = 1, day = 1] = version.split('.').map(Number);
  return Date.UTC(year, month - 1, day) / dayMs;
}
