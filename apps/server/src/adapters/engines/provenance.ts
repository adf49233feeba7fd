import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '@artemis/contracts';
import type { ManagedCopy, YtDlpTool } from '../yt-dlp-finder.ts';

/** Written by `scripts/acquire-yt-dlp.mjs` into a folder before it gets its name. */
const PROVENANCE = 'artemis-engine.json';

export type Provenance = Pick<Engine, 'source' | 'channel' | 'checksum'>;

/** A folder without a word from us was put there by a person. */
export function provenanceOf({ folder }: ManagedCopy): Provenance {
  try {
    const found = JSON.parse(readFileSync(join(folder, PROVENANCE), 'utf8')) as Partial<Provenance>;
    if (found.source === 'release' || found.source === 'debian') {
      return {
        source: found.source,
        channel: found.channel === 'nightly' ? 'nightly' : 'stable',
        checksum: typeof found.checksum === 'string' ? found.checksum : null,
      };
    }
  } catch {
    return { source: 'placed', channel: null, checksum: null };
  }
  return { source: 'placed', channel: null, checksum: null };
}

/** Changes when files come to a package or go: one that was still being copied is worth another trial. */
export function markOf({ path, packagePath }: YtDlpTool): string | null {
  try {
    const { ino, mtimeMs } = statSync(packagePath ?? path);
    return `${ino}:${mtimeMs}`;
  } catch {
    return null;
  }
}
