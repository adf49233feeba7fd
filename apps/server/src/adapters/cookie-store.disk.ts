import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CookieStore, StoredJar } from '../domain/ports.ts';
import { siteOf } from '../domain/cookies/cookie-site.ts';
import type { Logger } from '../domain/records.ts';
import { syncFolder, writeDurably } from './files/durable-file.ts';

const VERSION = 1;
const FILE_NAME = /^([a-z0-9._-]+)\.json$/;

/** A file a site in a folder of its own, for nobody but the user that the server runs as. */
export function createDiskCookieStore(folder: string, logger: Logger): CookieStore {
  const pathOf = (site: string) => join(folder, `${site}.json`);

  async function makeFolder(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Also when it came from a backup or another program.
    await chmod(folder, 0o700);
  }

  async function readJar(name: string): Promise<StoredJar | null> {
    const site = FILE_NAME.exec(name)?.[1];
    if (site === undefined || siteOf(site) !== site) return null;
    const path = join(folder, name);
    await chmod(path, 0o600);
    const stored = JSON.parse(await readFile(path, 'utf8')) as StoredJar & { version: number };
    if (stored.version !== VERSION || stored.site !== site || !Array.isArray(stored.cookies)) {
      throw new Error('not a jar of this version');
    }
    const { cookies, updatedAt, lastSuccessAt } = stored;
    return { site, cookies, updatedAt, lastSuccessAt };
  }

  return {
    async load() {
      await makeFolder();
      const jars: StoredJar[] = [];
      for (const name of await readdir(folder)) {
        // Of a write that was cut off: its content is secret and of no use.
        if (name.endsWith('.tmp')) await rm(join(folder, name), { force: true });
        try {
          const jar = await readJar(name);
          if (jar !== null) jars.push(jar);
        } catch {
          // Without the error: one of JSON.parse quotes what it has read.
          logger.warn({ file: name }, 'a file of cookies cannot be read and is left alone');
        }
      }
      return jars;
    },
    async write(jar) {
      await makeFolder();
      await writeDurably(pathOf(jar.site), JSON.stringify({ version: VERSION, ...jar }), 0o600);
    },
    async remove(site) {
      await rm(pathOf(site), { force: true });
      await syncFolder(folder);
    },
  };
}
