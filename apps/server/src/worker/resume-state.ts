import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineControl } from './engine-control.ts';
import { SET_ASIDE } from './set-aside.ts';
import type { OutputMessage, VideoInfo } from './output-lines.ts';

const FILE_NAME = 'resume.json';
const VERSION = 1;

/** What names one state of a resource on the site. */
export interface Validators {
  readonly totalBytes: number | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

interface ResumeState {
  readonly version: number;
  /** Of URL and selection: another selection may give other bytes under the same name. */
  readonly key: string;
  readonly formats: readonly { readonly formatId: string; readonly sizeBytes: number | null }[];
  readonly durationSeconds: number | null;
  readonly validators: Readonly<Record<string, Validators>>;
  readonly fragmentCounts: Readonly<Record<string, number>>;
}

/**
 * Guards partial files against a site that has changed them meanwhile: yt-dlp continues with whatever it is sent
 * (it has no `If-Range`), and the result would be half old, half new. What each stream said of itself is kept
 * beside the partial files and compared before and while they are continued.
 */
export interface ResumeGuard {
  /** True: what this run has is not what it continues; end it, `wipeJobFolder`, and begin anew. */
  take(message: OutputMessage): boolean;
  takeResponse(response: Extract<EngineControl, { kind: 'response' }>): boolean;
  /** Resolves when everything is on the disk. */
  settled(): Promise<void>;
}

/** Reads what an earlier run has left; removes partial files of which nothing is known or that are of another selection. */
export async function openResumeGuard(jobFolder: string, key: string): Promise<ResumeGuard> {
  const saved = await readState(jobFolder, key);
  if (saved === null) await wipeJobFolder(jobFolder);
  const validators: Record<string, Validators> = { ...saved?.validators };
  const fragmentCounts: Record<string, number> = { ...saved?.fragmentCounts };
  const seenInThisRun = new Set<string>();
  const finished = new Set<string>();
  let video: VideoInfo | null = null;
  let writing = Promise.resolve();

  function save(): void {
    if (video === null) return;
    const state: ResumeState = {
      version: VERSION,
      key,
      formats: factsOf(video),
      durationSeconds: video.durationSeconds,
      validators: { ...validators },
      fragmentCounts: { ...fragmentCounts },
    };
    writing = writing.then(() => writeState(jobFolder, state));
  }

  /** Plain files are fetched one after another, in the order of the formats. */
  function currentFormat(): string | null {
    const current = video?.formats.find(({ formatId }) => !finished.has(formatId));
    if (current === undefined) return null;
    const isPlainFile = current.protocol === null || /^https?$/.test(current.protocol);
    return isPlainFile ? current.formatId : null;
  }

  return {
    take(message) {
      if (message.kind === 'video') {
        video = message.video;
        finished.clear();
        if (saved !== null && !isSameMedia(saved, video)) return true;
        save();
        return false;
      }
      if (message.kind !== 'download' || message.progress.formatId === null) return false;
      const { formatId, isFinished, fragmentCount } = message.progress;
      if (isFinished) finished.add(formatId);
      if (fragmentCount === null || seenInThisRun.has(formatId)) return false;
      seenInThisRun.add(formatId);
      const known = fragmentCounts[formatId];
      if (known !== undefined && known !== fragmentCount) return true;
      fragmentCounts[formatId] = fragmentCount;
      save();
      return false;
    },
    takeResponse(response) {
      const formatId = currentFormat();
      if (formatId === null || response.isOptional) return false;
      if (response.status !== 200 && response.status !== 206) return false;
      const range = parseRange(response.contentRange);
      const now: Validators = {
        totalBytes: range === null ? parseLength(response.contentLength) : range.totalBytes,
        etag: response.etag,
        lastModified: response.lastModified,
      };
      const known = validators[formatId];
      const isContinued = response.status === 206 && range !== null && range.firstByte > 0;
      if (isContinued && !isSameResource(known, now, seenInThisRun.has(formatId))) return true;
      if (known === undefined || !isContinued) {
        validators[formatId] = now;
        save();
      }
      seenInThisRun.add(formatId);
      return false;
    },
    settled: () => writing,
  };
}

/** For runs that download no media. */
export const NOTHING_TO_RESUME: ResumeGuard = {
  take: () => false,
  takeResponse: () => false,
  settled: () => Promise.resolve(),
};

/** Removes everything in the job folder but what was set aside for a person. */
export async function wipeJobFolder(jobFolder: string): Promise<void> {
  for (const name of await readdir(jobFolder)) {
    if (name === SET_ASIDE) continue;
    await rm(join(jobFolder, name), { recursive: true, force: true });
  }
}

/**
 * A site that sends no validator at all is believed only within one run, seconds apart and with the same length:
 * otherwise a large file over a bad line would never end.
 */
export function isSameResource(
  known: Validators | undefined,
  now: Validators,
  isSameRun: boolean,
): boolean {
  if (known === undefined || known.totalBytes !== now.totalBytes) return false;
  if (known.etag !== null || now.etag !== null) return known.etag === now.etag;
  if (known.lastModified !== null || now.lastModified !== null) {
    return known.lastModified === now.lastModified;
  }
  return isSameRun && known.totalBytes !== null;
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

function parseRange(text: string | null): { firstByte: number; totalBytes: number | null } | null {
  const found = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(text ?? '');
  if (found === null) return null;
  return { firstByte: Number(found[1]), totalBytes: found[2] === '*' ? null : Number(found[2]) };
}

function parseLength(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

async function readState(jobFolder: string, key: string): Promise<ResumeState | null> {
  try {
    const state = JSON.parse(await readFile(join(jobFolder, FILE_NAME), 'utf8')) as ResumeState;
    return state.version === VERSION && state.key === key ? state : null;
  } catch {
    return null;
  }
}

/** A state that could not be written is a state that is not known: the next run then begins anew. */
async function writeState(jobFolder: string, state: ResumeState): Promise<void> {
  const path = join(jobFolder, FILE_NAME);
  try {
    await writeFile(`${path}.tmp`, JSON.stringify(state), { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  } catch {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
