import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nullable } from '@artemis/contracts';
import { Type, type Static } from '@sinclair/typebox';
import { readStored } from '../../stored.ts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';
import { SET_ASIDE } from './set-aside.ts';
import type { OutputMessage, VideoInfo } from '../output/output-lines.ts';
import type { Task } from '../task.ts';

const FILE_NAME = 'resume.json';
const STATE = /^resume\.json$/;
const VERSION = 1;
/** What was recorded of a live stream before the run that goes on: see `live-parts.ts`. */
export const LIVE_PART = /^media-live(\d+)\.\w+$/;

const ResumeState = Type.Object({
  version: Type.Literal(VERSION),
  /** Of URL and selection: another selection may give other bytes under the same name. */
  key: Type.String(),
  formats: Type.Array(Type.Object({ formatId: Type.String(), sizeBytes: nullable(Type.Number()) })),
  durationSeconds: nullable(Type.Number()),
  fragmentCounts: Type.Record(Type.String(), Type.Number()),
  isLive: Type.Optional(Type.Boolean()),
});
type ResumeState = Static<typeof ResumeState>;

/**
 * Guards partial files against a site that has other media under the link meanwhile. What is fetched as one file is
 * guarded, besides, where its bytes are written: engine/resuming.py.
 */
export interface ResumeGuard {
  /** What an earlier run has left was live: it cannot be had again. */
  readonly wasLive: boolean;
  /** True: what this run has is not what it continues; end it, `wipeButRecorded`, and begin anew. */
  take(message: OutputMessage): boolean;
  /** Resolves when everything is on the disk. */
  settled(): Promise<void>;
}

/** Its spelling of a selection is that of the folders that are there: with another one they would begin anew. */
export function resumeKey({ url, selection }: Pick<Task, 'url' | 'selection'>): string {
  const { format_preset: formatPreset, quality, options } = selection;
  return createHash('sha256')
    .update(JSON.stringify([url, { formatPreset, quality, options }]))
    .digest('hex');
}

/** Reads what an earlier run has left; removes partial files of which nothing is known or that are of another selection. */
export async function openResumeGuard(jobFolder: string, key: string): Promise<ResumeGuard> {
  const names = await readdir(jobFolder);
  const saved = names.includes(FILE_NAME) ? await readState(jobFolder, key) : null;
  if (saved === null && names.length > 0) await wipeJobFolder(jobFolder);
  const wasLive = saved?.isLive === true;
  const fragmentCounts: Record<string, number> = { ...saved?.fragmentCounts };
  const seenInThisRun = new Set<string>();
  let video: VideoInfo | null = null;
  let writing = Promise.resolve();

  function save(): void {
    if (video === null) return;
    const state: ResumeState = {
      version: VERSION,
      key,
      formats: factsOf(video),
      durationSeconds: video.durationSeconds,
      fragmentCounts: { ...fragmentCounts },
      isLive: video.isLive,
    };
    writing = writing.then(async () => {
      // One that has ended is no live stream any more; what was recorded of it is still all there is.
      const isLive = state.isLive === true || (wasLive && (await hasLiveParts(jobFolder)));
      await writeState(jobFolder, { ...state, isLive });
    });
  }

  return {
    wasLive,
    take(message) {
      if (message.kind === 'video') {
        video = message.video;
        // A live stream has other bytes each time, and what is there of it cannot be had again.
        if (saved !== null && !wasLive && !isSameMedia(saved, video)) return true;
        save();
        return false;
      }
      if (message.kind !== 'download' || message.progress.formatId === null) return false;
      const { formatId, fragmentCount } = message.progress;
      if (fragmentCount === null || seenInThisRun.has(formatId)) return false;
      seenInThisRun.add(formatId);
      const known = fragmentCounts[formatId];
      if (known !== undefined && known !== fragmentCount && !wasLive) return true;
      fragmentCounts[formatId] = fragmentCount;
      save();
      return false;
    },
    settled: () => writing,
  };
}

/** For runs that download no media. */
export const NOTHING_TO_RESUME: ResumeGuard = {
  wasLive: false,
  take: () => false,
  settled: () => Promise.resolve(),
};

/** Removes everything in the job folder but what was set aside for a person. */
export async function wipeJobFolder(jobFolder: string): Promise<void> {
  await wipe(jobFolder, []);
}

/** The same, but for what was recorded of a live stream: it cannot be fetched anew. */
export async function wipeButRecorded(jobFolder: string): Promise<void> {
  await wipe(jobFolder, (await hasLiveParts(jobFolder)) ? [LIVE_PART, STATE] : []);
}

/** What ffmpeg makes a file of, in segments, with what the engine knows of it (`engine/clips.py`, `engine/forms.py`). */
const SOURCES = /\.(clip|form)\d+([.-]|$)|^(resume|lists|clips)\.json$/;

/** The same, but for the segments that ffmpeg joins or cuts: it does so anew, and what it has left was not found good. */
export async function wipeAllButSegments(jobFolder: string): Promise<void> {
  await wipe(jobFolder, [SOURCES, LIVE_PART]);
}

async function wipe(jobFolder: string, spared: readonly RegExp[]): Promise<void> {
  for (const name of await readdir(jobFolder)) {
    if (name === SET_ASIDE || spared.some((pattern) => pattern.test(name))) continue;
    await rm(join(jobFolder, name), { recursive: true, force: true });
  }
}

async function hasLiveParts(jobFolder: string): Promise<boolean> {
  return (await readdir(jobFolder)).some((name) => LIVE_PART.test(name));
}

function isSameMedia(saved: ResumeState, video: VideoInfo): boolean {
  const formats = factsOf(video);
  return (
    formats.length === saved.formats.length &&
    isSameOrUnknown(saved.durationSeconds, video.durationSeconds) &&
    formats.every(({ formatId, sizeBytes }, index) => {
      const earlier = saved.formats[index];
      return earlier?.formatId === formatId && isSameOrUnknown(earlier.sizeBytes, sizeBytes);
    })
  );
}

function isSameOrUnknown(a: number | null, b: number | null): boolean {
  return a === null || b === null || a === b;
}

function factsOf({ formats }: VideoInfo): ResumeState['formats'] {
  return formats.map(({ formatId, sizeBytes, isSizeExact }) => ({
    formatId,
    sizeBytes: isSizeExact ? sizeBytes : null,
  }));
}

async function readState(jobFolder: string, key: string): Promise<ResumeState | null> {
  try {
    const text = await readFolderRecord(join(jobFolder, FILE_NAME));
    const state = await readStored(ResumeState, text);
    return state?.key === key ? state : null;
  } catch {
    return null;
  }
}

/** A state that could not be written is a state that is not known: the next run then begins anew. */
async function writeState(jobFolder: string, state: ResumeState): Promise<void> {
  const path = join(jobFolder, FILE_NAME);
  try {
    await writeFolderRecord(path, JSON.stringify(state));
  } catch {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
