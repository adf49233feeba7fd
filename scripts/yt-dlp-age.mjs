import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryDir } from './steps.mjs';

const dayMs = 86_400_000;

/** @type {{ version: string, toleranceDays: number }} */
const tried = JSON.parse(
  readFileSync(join(repositoryDir, 'apps/server/tried-yt-dlp.json'), 'utf8'),
);

/** The yt-dlp that this version of Artemis was tried with. */
export const triedVersion = tried.version;

/** The same rule as in the server (`tools.ts`), which may not be built yet. @param {string} version */
export function isStale(version) {
  return dayOf(triedVersion) - dayOf(version) > tried.toleranceDays;
}

/** Above 0 when the first is newer; nightly builds have a fourth number. @param {string} one @param {string} other */
export function compareVersions(one, other) {
  const [a = [], b = []] = [one, other].map((version) => version.split('.').map(Number));
  for (let index = 0; index < 4; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @param {string} version */
function dayOf(version) {
  const [year = 0, month = 1, day = 1] = version.split('.').map(Number);
  return Date.UTC(year, month - 1, day) / dayMs;
}
