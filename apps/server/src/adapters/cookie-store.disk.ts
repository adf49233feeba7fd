import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nullable } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import type { CookieStore, StoredJar } from '../domain/ports.ts';
import { siteOf } from '../domain/cookies/cookie-site.ts';
import type { Logger } from '../domain/records.ts';
import { readStored } from '../stored.ts';
import { syncFolder, writeDurably } from './files/durable-file.ts';

const VERSION = 1;
const JarFile = Type.Object({
  version: Type.Literal(VERSION),
  site: Type.String(),
  cookies: Type.Array(
    Type.Object({
      domain: Type.String(),
      isForSubdomains: Type.Boolean(),
      path: Type.String(),
      isSecure: Type.Boolean(),
      isHttpOnly: Type.Boolean(),
      expiresAt: nullable(Type.Number()),
      name: Type.String(),
      value: Type.String(),
    }),
  ),
  updatedAt: Type.String(),
  lastSuccessAt: nullable(Type.String()),
});
const FILE_NAME = /^([a-z0-9._-]+)\.json$/;

/** One file per site, in a folder that only the user of the server can read. */
export function createDiskCookieStore(folder: string, logger: Logger): CookieStore {
  const pathOf = (site: string) => join(folder, `${site}.json`);

  async function makeFolder(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // An existing folder may come from a backup or another program.
    await chmod(folder, 0o700);
  }

  async function readJar(name: string): Promise<StoredJar | null> {
    const site = FILE_NAME.exec(name)?.[1];
    if (site === undefined) return null;
    if (siteOf(site) !== site) throw new Error('not the name of one site');
    const path = join(folder, name);
    await chmod(path, 0o600);
    const stored = await readStored(JarFile, await readFile(path, 'utf8'));
    if (stored?.site !== site) throw new Error('not a jar of this version');
    const { cookies, updatedAt, lastSuccessAt } = stored;
    return { site, cookies, updatedAt, lastSuccessAt };
  }

  return {
    async load() {
      await makeFolder();
      const jars: StoredJar[] = [];
      for (const name of await readdir(folder)) {
        // Left by an interrupted write: useless, and it holds secrets.
        if (name.endsWith('.tmp')) await rm(join(folder, name), { force: true });
        try {
          const jar = await readJar(name);
          if (jar !== null) jars.push(jar);
        } catch {
          logger.warn({ file: name }, 'a cookie file cannot be read and is ignored');
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
