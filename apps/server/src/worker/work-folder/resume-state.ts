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
/** A part of a live recording that earlier runs have left: see `live-parts.ts`. */
export const LIVE_PART = /^media-live(\d+)\.\w+$/;

const ResumeState = Type.Object({
  version: Type.Literal(VERSION),
  /** See `resumeKey`: another selection may give other bytes under the same name. */
  key: Type.String(),
  formats: Type.Array(Type.Object({ formatId: Type.String(), sizeBytes: nullable(Type.Number()) })),
  durationSeconds: nullable(Type.Number()),
  fragmentCounts: Type.Record(Type.String(), Type.Number()),
  isLive: Type.Optional(Type.Boolean()),
});
type ResumeState = Static<typeof ResumeState>;

/**
 * Protects partial files from being continued with other media, when the site has replaced the media behind the link.
 * `engine/resuming.py` additionally checks media that is fetched as a single file, where its bytes are written.
 */
export interface ResumeGuard {
  /** The partial files are from a live stream and cannot be fetched again. */
  readonly wasLive: boolean;
  /** True: this run has other media than the partial files. End it, call `wipeButRecorded` and start again. */
  take(message: OutputMessage): boolean;
  /** Resolves when the state is on the disk; never rejects. */
  settled(): Promise<void>;
}

/**
 * Hash of a download's URL and selection. It spells the selection as existing folders do: with another spelling all of them
 * would start from zero.
 */
export function resumeKey({ url, selection }: Pick<Task, 'url' | 'selection'>): string {
  const { format_preset: formatPreset, quality, options } = selection;
  return createHash('sha256')
    .update(JSON.stringify([url, { formatPreset, quality, options }]))
    .digest('hex');
}

/**
 * Reads the state of an earlier run, and removes partial files that have no state or belong to another selection. A
 * standalone yt-dlp (`areFragmentsOurs` false) starts streams in segments again: it records the segment that it fetched last,
 * not the segments that it has appended.
 */
export async function openResumeGuard(
  workFolder: string,
  key: string,
  areFragmentsOurs = true,
): Promise<ResumeGuard> {
  const names = await readdir(workFolder);
  const known = names.includes(FILE_NAME) ? await readState(workFolder, key) : null;
  const isUnsure = !areFragmentsOurs && known?.isLive !== true && hasFragments(known, names);
  const saved = isUnsure ? null : known;
  if (saved === null && names.length > 0) await wipeWorkFolder(workFolder);
  const wasLive = saved?.isLive ?? false;
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
    writing = writing.then(() => writeState(workFolder, state, wasLive));
  }

  return {
    wasLive,
    take(message) {
      if (message.kind === 'video') {
        video = message.video;
        // A live stream has other bytes each time, and its recording cannot be fetched again.
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

/** Removes everything in the work folder except what was set aside for a person. */
export async function wipeWorkFolder(workFolder: string): Promise<void> {
  await wipe(workFolder, []);
}

/** The same, but spares the parts of a live recording, which cannot be fetched again. */
export async function wipeButRecorded(workFolder: string): Promise<void> {
  await wipe(workFolder, (await hasLiveParts(workFolder)) ? [LIVE_PART, STATE] : []);
}

/** Segments that ffmpeg joins or cuts, and the engine's records about them (`engine/clips.py`, `engine/forms.py`). */
const SOURCES = /\.(clip|form)\d+([.-]|$)|^(resume|lists|clips)\.json$/;

/** The same, but spares segments that ffmpeg joins or cuts: ffmpeg repeats that, because its result was not good. */
export async function wipeAllButSegments(workFolder: string): Promise<void> {
  await wipe(workFolder, [SOURCES, LIVE_PART]);
}

async function wipe(workFolder: string, spared: readonly RegExp[]): Promise<void> {
  for (const name of await readdir(workFolder)) {
    if (name === SET_ASIDE || spared.some((pattern) => pattern.test(name))) continue;
    await rm(join(workFolder, name), { recursive: true, force: true });
  }
}

async function hasLiveParts(workFolder: string): Promise<boolean> {
  return (await readdir(workFolder)).some((name) => LIVE_PART.test(name));
}

function hasFragments(state: ResumeState | null, names: readonly string[]): boolean {
  const isCounted = Object.keys(state?.fragmentCounts ?? {}).length > 0;
  return isCounted || names.some((name) => name.endsWith('.ytdl'));
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

/** Null without a state of this download. A job can write here too, so that its shape is checked. */
async function readState(workFolder: string, key: string): Promise<ResumeState | null> {
  const text = await readFolderRecord(join(workFolder, FILE_NAME)).catch(() => '');
  const state = await readStored(ResumeState, text);
  return state?.key === key ? state : null;
}

/** When the state cannot be written, it is removed: the next run then starts from zero. Never rejects. */
async function writeState(workFolder: string, state: ResumeState, wasLive: boolean): Promise<void> {
  const path = join(workFolder, FILE_NAME);
  try {
    // After its end a stream is no longer live, but its recording is still the only copy.
    const isLive = state.isLive === true || (wasLive && (await hasLiveParts(workFolder)));
    await writeFolderRecord(path, JSON.stringify({ ...state, isLive }));
  } catch {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
