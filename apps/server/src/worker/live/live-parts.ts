import { say } from '@artemis/contracts';
import { lstat, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Attempt } from '../run/attempt.ts';
import type { LiveGap } from '../engine/engine-connection.ts';
import type { Jobs } from '../engine/jobs.ts';
import { endOfPart, packetsOf } from './live-overlap.ts';
import { LIVE_PART as PART } from '../work-folder/resume-state.ts';
import { filesBeforeStep, forgetSteps } from '../work-folder/steps-record.ts';
import type { RunResult } from '../run/run-result.ts';

const GIVES_UP_AFTER_MS = 150_000;
const LONGEST_PAUSE_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const TICK_MS = 100;
const LEAST_LOOKED_BACK = 20;
const MOST_LOOKED_BACK = 300;
/** Time until ffmpeg has read the playlist. */
const STARTING_MS = 2_000;
const MEDIA = /^media(\.f[^/]+)?\.\w+(\.part)?$/;
/** The copy of a part, made for joining. */
const COPY = /^live-part\d+\.mp4$/;
const LIST = 'live-parts.txt';
/** Written by `engine/live.py`, which continues its own file. */
const RECORDER_STATE = /^live(-\d+)?\.json$/;
/** Time to copy a recording of any size on a slow disk. */
const COPY_TIMEOUT_MS = 3_600_000;

/**
 * A live recording that ffmpeg makes in several parts, because it takes a failed reload of the playlist for the end of the
 * stream. A part is the file that ffmpeg leaves, before any postprocessing by yt-dlp.
 */
export interface LiveParts {
  /** Monotonic; null: there is no part. */
  readonly recordedSinceMs: number | null;
  /** Segments to fetch from the past, for the time since the last part, at one second each. `join` removes the overlap. */
  segmentsLookedBack(): number | null;
  /** Keeps the recording of an earlier attempt, which ffmpeg would overwrite. */
  keepLeft(): Promise<void>;
  /** True, after a pause, when the recording needs another run; false when the download is stopped or to be finished. */
  goesOn(result: RunResult): Promise<boolean>;
  /** Joins all parts into the file that yt-dlp would have left, and adds the gaps between them to the result. */
  join(result: RunResult): Promise<RunResult>;
}

export function createLiveParts({ task, jobs, reporter }: Attempt): LiveParts {
  const { workFolder } = task;
  let recordedSinceMs: number | null = null;
  let grownAtMs = 0;
  /** Monotonic; since when the engine's own recording waits to be continued. Null: there is none. */
  let recorderSinceMs: number | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  /** By name of the part: the break after it, and its longest possible duration. */
  const breaks = new Map<string, { fromMs: number; toMs: number | null }>();
  const gaps: LiveGap[] = [];

  async function keep(): Promise<string | null> {
    const name = await setPartAside(workFolder);
    if (name === null) return null;
    recordedSinceMs ??= performance.now();
    grownAtMs = performance.now();
    pauseMs = FIRST_PAUSE_MS;
    return name;
  }

  /** Ends the last break: the loss lies between the failed reload and the next successful one. */
  function endBreak(result: RunResult): void {
    const open = [...breaks.values()].at(-1);
    if (open !== undefined && result.seenAtMs !== null) open.toMs ??= result.seenAtMs + STARTING_MS;
  }

  async function hasPaused(): Promise<boolean> {
    const untilMs = performance.now() + pauseMs;
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    while (performance.now() < untilMs && !jobs.isStopped && !jobs.isFinishing) {
      await new Promise((done) => setTimeout(done, TICK_MS));
    }
    return !jobs.isStopped && !jobs.isFinishing;
  }

  return {
    get recordedSinceMs() {
      return recordedSinceMs;
    },
    segmentsLookedBack() {
      if (recordedSinceMs === null) return null;
      const passedSeconds = Math.ceil((performance.now() - grownAtMs) / 1000);
      return Math.min(LEAST_LOOKED_BACK + passedSeconds, MOST_LOOKED_BACK);
    },
    async keepLeft() {
      const names = await readdir(workFolder).catch(() => []);
      // The attempt before may have been stopped during a pause.
      if (names.some((other) => PART.test(other))) recordedSinceMs ??= performance.now();
      if (names.some((name) => RECORDER_STATE.test(name))) {
        recorderSinceMs ??= performance.now();
        return;
      }
      const name = await keep();
      if (name !== null) reporter.log('info', say('CONTINUING_RECORDING'));
    },
    async goesOn(result) {
      endBreak(result);
      const hasFailed = result.end === null && result.exit.status !== 0;
      if (hasFailed && result.seenAtMs === null && recorderSinceMs !== null) {
        if (performance.now() - recorderSinceMs > GIVES_UP_AFTER_MS) return false;
        reporter.log('warn', say('RECORDING_CONTINUES_LATER'));
        return hasPaused();
      }
      if (result.end !== 'interrupted' && (recordedSinceMs === null || !hasFailed)) return false;
      const nowMs = performance.now();
      const sinceMs = result.recordedSinceMs;
      const name = await keep();
      if (name !== null) recordedSinceMs = sinceMs ?? recordedSinceMs;
      gaps.push(...result.liveGaps);
      if (name !== null) breaks.set(name, { fromMs: nowMs, toMs: null });
      if (recordedSinceMs === null || nowMs - grownAtMs > GIVES_UP_AFTER_MS) return false;
      reporter.log('warn', say('LIVE_LIST_NOT_LOADED'));
      return hasPaused();
    },
    async join(result) {
      endBreak(result);
      const last = await setPartAside(workFolder);
      const isOpen = last === null && !jobs.isFinishing && result.end !== 'recorded';
      const lost = await joinParts(jobs, workFolder, breaks, isOpen);
      return { ...result, filePath: null, liveGaps: [...gaps, ...result.liveGaps, ...lost] };
    },
  };
}

/** Renames the recorded file to the next part and returns its new name; null when there is no recording. */
async function setPartAside(workFolder: string): Promise<string | null> {
  const names = await readdir(workFolder).catch(() => []);
  const parts = names.filter((name) => MEDIA.test(name) && !name.startsWith('media.temp')).sort();
  // A postprocessing step may have left an incomplete file beside the recording.
  const whole = await filesBeforeStep(workFolder);
  const chosen = parts.find((name) => name.endsWith('.part') || whole.includes(name)) ?? parts[0];
  // Before the rename: the engine would take the renamed file for lost, and remove all parts.
  await forgetSteps(workFolder);
  for (const name of parts) {
    if (name !== chosen) await rm(join(workFolder, name), { force: true });
  }
  if (chosen === undefined) return null;
  const path = join(workFolder, chosen);
  const found = await lstat(path);
  if (!found.isFile() || found.size === 0) {
    await rm(path, { recursive: true, force: true });
    return null;
  }
  const numbers = names.map((name) => Number(PART.exec(name)?.[1] ?? 0));
  const number = String(Math.max(0, ...numbers) + 1).padStart(4, '0');
  const extension = /\.(\w+)(\.part)?$/.exec(chosen)?.[1] ?? 'mp4';
  const name = `media-live${number}.${extension}`;
  await rename(path, join(workFolder, name));
  return name;
}

/** Joins the parts and returns the gaps between them; a part that cannot be read becomes a gap. */
async function joinParts(
  jobs: Jobs,
  workFolder: string,
  breaks: ReadonlyMap<string, { fromMs: number; toMs: number | null }>,
  isOpen: boolean,
): Promise<readonly LiveGap[]> {
  const names = (await readdir(workFolder)).filter((name) => PART.test(name)).sort();
  const gaps: LiveGap[] = [];
  const lines = ['ffconcat version 1.0'];
  let seconds = 0;
  let before: { name: string; path: string; length: number } | null = null;
  let previousLines: readonly string[] = [];
  for (const name of names) {
    const path = await asMp4(jobs, workFolder, name);
    if (path === null) {
      gaps.push(gapAfter(seconds + (before?.length ?? 0), undefined));
      continue;
    }
    const packets = await packetsOf(jobs, path, null);
    const length = Math.max(0, ...packets.map((packet) => packet.seconds));
    if (before !== null) {
      const end = await endOfPart(jobs, before, packets);
      if (end === null) {
        seconds += before.length;
        gaps.push(gapAfter(seconds, breaks.get(before.name)));
      } else {
        seconds += end;
        previousLines = end === 0 ? [] : [...previousLines, `outpoint ${end.toFixed(6)}`];
      }
      lines.push(...previousLines);
    }
    previousLines = [`file ${basename(path)}`];
    before = { name, path, length };
  }
  if (before === null) return gaps;
  if (isOpen) {
    gaps.push({
      kind: 'live_gap',
      atSeconds: seconds + before.length,
      firstSegment: null,
      segments: 0,
    });
  }
  const list = join(workFolder, LIST);
  await writeFile(list, [...lines, ...previousLines, ''].join('\n'));
  const joined = join(workFolder, 'live-joined.mp4');
  const { exit } = await jobs.runTool(
    'ffmpeg',
    [
      ...['-nostdin', '-y', '-v', 'error', '-f', 'concat', '-i', `file:${list}`],
      ...['-map', '0', '-c', 'copy', `file:${joined}`],
    ],
    () => undefined,
    COPY_TIMEOUT_MS,
  );
  if (exit.status === 0) {
    await rename(joined, join(workFolder, 'media.mp4'));
    for (const name of await readdir(workFolder)) {
      if (PART.test(name) || COPY.test(name)) await rm(join(workFolder, name), { force: true });
    }
  }
  return gaps;
}

function gapAfter(seconds: number, known: { fromMs: number; toMs: number | null } | undefined) {
  const toMs = known?.toMs ?? null;
  const lostSeconds = known === undefined || toMs === null ? null : (toMs - known.fromMs) / 1000;
  const gap: LiveGap = {
    ...{
      kind: 'live_gap',
      atSeconds: seconds,
      firstSegment: null,
      segments: 0,
    },
    lostSeconds,
  };
  return gap;
}

/** Copies a part into an mp4, whose exact times continue from part to part; null when the part cannot be read. */
async function asMp4(jobs: Jobs, workFolder: string, name: string): Promise<string | null> {
  const path = join(workFolder, name.replace(PART, 'live-part$1.mp4'));
  const { exit } = await jobs.runTool(
    'ffmpeg',
    [
      ...['-nostdin', '-y', '-v', 'error', '-i', `file:${join(workFolder, name)}`],
      ...['-map', '0', '-dn', '-ignore_unknown', '-c', 'copy', `file:${path}`],
    ],
    () => undefined,
    COPY_TIMEOUT_MS,
  );
  return exit.status === 0 ? path : null;
}
