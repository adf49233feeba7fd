import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PREFIX = '.used-by-';
const TOUCH_MS = 10 * 60_000;
/** For so long after its last word a server counts, which may be off for a moment, or was killed for good. */
const COUNTS_MS = 60 * 60_000;

/** Which versions are needed by the servers that share a tools folder. Each tells the others in a file of its own. */
export interface Claims {
  /** What this server needs. Nothing is written while that is known. Never rejects: some folders can only be read. */
  tell(versions: ReadonlySet<string>): Promise<void>;
  /** What the others need. Never rejects. */
  ofOthers(): Promise<ReadonlySet<string>>;
}

export function createClaims(toolsDir: string, instanceId: string): Claims {
  const folder = join(toolsDir, 'yt-dlp');
  const ownName = `${PREFIX}${instanceId}`;
  const own = join(folder, ownName);
  let told = '';
  let touchedMs = -Infinity;

  async function write(text: string): Promise<void> {
    // Goes with what else was left unfinished there.
    const unfinished = join(folder, `.new-${ownName}`);
    await mkdir(folder, { recursive: true });
    await writeFile(unfinished, text);
    await rename(unfinished, own);
  }

  async function claimsIn(name: string): Promise<readonly string[]> {
    const path = join(folder, name);
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if (Date.now() - mtimeMs > COUNTS_MS) {
      await rm(path);
      return [];
    }
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? found.map(String) : [];
  }

  return {
    async tell(versions) {
      const text = JSON.stringify([...versions].sort());
      const nowMs = performance.now();
      if (text === told && nowMs - touchedMs < TOUCH_MS) return;
      touchedMs = nowMs;
      try {
        const now = new Date();
        if (text !== told) await write(text);
        else await utimes(own, now, now).catch(() => write(text));
        told = text;
      } catch {
        return;
      }
    },
    async ofOthers() {
      const names = await readdir(folder).catch(() => []);
      const others = names.filter((name) => name.startsWith(PREFIX) && name !== ownName);
      const found = await Promise.all(others.map((name) => claimsIn(name).catch(() => [])));
      return new Set(found.flat());
    },
  };
}
