import { constants } from 'node:fs';
import { copyFile, link } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { codeOf } from '../../error-code.ts';

/** Gives a file a second, unused name beside it, which needs no space on a full disk. The first name stays. */
export async function setAside(path: string, at: Date): Promise<string> {
  const time = at.toISOString().replaceAll(/[:.]/g, '-');
  const type = extname(path);
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`;
    const aside = join(dirname(path), `downloads-history.corrupt-${time}${suffix}${type}`);
    try {
      await link(path, aside);
      return aside;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
    }
    // The file system has no hard links.
    await copyFile(path, aside, constants.COPYFILE_EXCL);
    return aside;
  }
}
