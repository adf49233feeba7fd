import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { nullable } from '@artemis/contracts';
import { Type } from '@sinclair/typebox';
import { readStored } from '../../stored.ts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';
import type { VideoInfo } from '../output/output-lines.ts';

/**
 * Subfolder of the work folder for incomplete media, which a person may choose to keep. No attempt continues from it, and the
 * next attempt removes it.
 */
export const SET_ASIDE = 'set-aside';
const FACTS = 'facts.json';

const StoredFacts = Type.Object({
  video: Type.Object({
    fields: Type.Record(Type.String(), Type.Unknown()),
    formats: Type.Array(
      Type.Object({
        formatId: Type.String(),
        sizeBytes: nullable(Type.Number()),
        isSizeExact: Type.Boolean(),
        bitrate: nullable(Type.Number()),
        hasVideo: Type.Boolean(),
        protocol: nullable(Type.String()),
        soundLanguage: Type.Optional(Type.String()),
      }),
    ),
    durationSeconds: nullable(Type.Number()),
    isLive: Type.Boolean(),
    sponsorSeconds: Type.Number(),
  }),
  filePath: nullable(Type.String()),
  missing: nullable(Type.String()),
});

export interface SetAside {
  readonly video: VideoInfo;
  /** The file that yt-dlp considered complete; null when there was none. */
  readonly filePath: string | null;
  /** Figures of what is missing; null when only the end is. */
  readonly missing: string | null;
}

/** Moves media and thumbnail into the subfolder; does nothing when there is no media. */
export async function setAside(workFolder: string, facts: SetAside): Promise<void> {
  const names = (await readdir(workFolder)).filter((name) => /^(media|thumbnail)[.-]/.test(name));
  if (!names.some((name) => name.startsWith('media'))) return;
  const folder = join(workFolder, SET_ASIDE);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  for (const name of names) await rename(join(workFolder, name), join(folder, name));
  const filePath = facts.filePath === null ? null : basename(facts.filePath);
  await writeFolderRecord(join(folder, FACTS), JSON.stringify({ ...facts, filePath }));
}

/** Null when nothing is set aside. `filePath` is a path in the subfolder. */
export async function readSetAside(workFolder: string): Promise<SetAside | null> {
  const folder = join(workFolder, SET_ASIDE);
  try {
    // A job may have put a link in its place.
    if (!(await lstat(folder)).isDirectory()) return null;
    const facts = await readStored(StoredFacts, await readFolderRecord(join(folder, FACTS)));
    if (facts === null) return null;
    const { filePath } = facts;
    return { ...facts, filePath: filePath === null ? null : join(folder, basename(filePath)) };
  } catch {
    return null;
  }
}

export async function forgetSetAside(workFolder: string): Promise<void> {
  await rm(join(workFolder, SET_ASIDE), { recursive: true, force: true });
}
