import type { FailureCode } from '@artemis/contracts';
import type { EngineControl, EngineExit } from './engine-control.ts';
import { FAILURE_RULES } from './failure-rules.ts';
import { redact } from './redact.ts';

const MAX_RETRY_AFTER_SECONDS = 86_400;
const CRASH_SIGNALS = new Set([4, 6, 7, 8, 9, 11, 31]);
const FILE_SIZE_SIGNAL = 25;

export interface FailureEvidence {
  readonly exit: EngineExit;
  /** Lines of output that are neither ours nor chatter, oldest first. */
  readonly lines: readonly string[];
  readonly refusals: readonly Extract<EngineControl, { kind: 'refused' }>[];
  readonly responses: readonly Extract<EngineControl, { kind: 'response' }>[];
}

export interface Failure {
  readonly code: FailureCode;
  /** Without secrets, for the log of the download. */
  readonly detail: string;
  readonly retryAfterSeconds: number | null;
}

/** Why a run of yt-dlp failed, from all that it and the engine have said. `nowMs` is the epoch time. */
export function classifyFailure(evidence: FailureEvidence, nowMs: number): Failure {
  const { exit, lines, refusals } = evidence;
  const errors = errorsOf(lines);
  const detail = redact(errors.at(-1) ?? lines.at(-1) ?? describeExit(exit));
  const retryAfterSeconds = retryAfterOf(evidence, nowMs);
  const blocked = refusals.filter(isEgressRefusal).find(({ isOptional }) => !isOptional);
  if (blocked !== undefined) {
    const where = blocked.address === null ? '' : ` (${blocked.address} port ${blocked.port})`;
    return { code: 'EGRESS_BLOCKED', detail: `${detail}${where}`, retryAfterSeconds: null };
  }
  if (lines.some(isForbiddenInput)) {
    return { code: 'EGRESS_BLOCKED', detail, retryAfterSeconds: null };
  }
  if (lines.some(isOtherFormat)) {
    return { code: 'INVALID_MEDIA', detail, retryAfterSeconds: null };
  }
  const code = codeOf(errors, lines, exit);
  if (retryAfterSeconds !== null && (code === 'NETWORK' || code === 'UNKNOWN')) {
    return { code: 'THROTTLED', detail, retryAfterSeconds };
  }
  return { code, detail, retryAfterSeconds: code === 'THROTTLED' ? retryAfterSeconds : null };
}

/** Something tried to reach an address that is not public, or by a way that cannot be judged. */
export function isEgressRefusal({ event }: { readonly event: string }): boolean {
  return event === 'connect' || event === 'send' || event === 'process';
}

/** Said by ffmpeg of a part of a manifest that lies on this computer, or where it may not go. */
export function isForbiddenInput(line: string): boolean {
  return /Protocol '\w+' not on whitelist|(Filename extension of|Unable to open key file) '?file:|Connection to tcp:\S+ failed: Permission denied|URL (?!https?:)\S+ is not in allowed_/.test(
    line,
  );
}

/** Said by ffmpeg of something that is not what the site had said: a list, a manifest or SDP in the place of media. */
function isOtherFormat(line: string): boolean {
  return line.includes('Format not on whitelist');
}

/** Said by ffmpeg of a part of a manifest of plain http that leads to https. */
export function isHttpsLeftOut(line: string): boolean {
  return /Protocol '(https|tls|httpproxy)' not on whitelist 'http,tcp,/.test(line);
}

/** Said by ffmpeg of a part of a manifest that it goes on without. */
export function isSkippedSegment(line: string): boolean {
  return /^\[(hls|dash) @ \w+\] Failed to open (new )?(segment|fragment)\b/.test(line);
}

/** Said by ffmpeg of the list of a live stream; it then ends as if the stream had. */
export function isListLost(line: string): boolean {
  return /^\[hls @ \w+\] Failed to reload playlist\b/.test(line);
}

/** Said by yt-dlp of an HLS stream that it never puts together, however often it is asked (2026.10.26, downloader/hls.py). */
export function isHlsRefusal(line: string): boolean {
  return line.includes('Initialization fragment found after media fragments');
}

/** Said by ffmpeg of the description of a later part of a stream, without which that part may not be playable. */
export function isLaterInitSkipped(line: string): boolean {
  return line.includes('Found duplicated MOOV Atom. Skipped it');
}

/** Whole errors: a message of yt-dlp may run over several lines. */
export function errorsOf(lines: readonly string[]): string[] {
  const errors: string[] = [];
  let isInside = false;
  for (const line of lines) {
    if (/^(ERROR: |(yt-dlp|\S+\.py): error: )/.test(line)) {
      errors.push(line);
      isInside = true;
    } else if (/^(WARNING: |\[[\w:+.-]+\] )/.test(line)) {
      isInside = false;
    } else if (isInside) {
      errors.push(`${errors.pop()}\n${line}`);
    }
  }
  return errors;
}

function codeOf(
  errors: readonly string[],
  lines: readonly string[],
  exit: EngineExit,
): FailureCode {
  const isChallengeUnsolved = lines.some((line) => /challenge solving failed/i.test(line));
  for (const error of [...errors].reverse()) {
    const code = ruleFor(error);
    if (code === null) continue;
    // It was not asked with the cookies that there are, and would be refused again.
    if (code === 'NETWORK' && lines.some(isWithoutCookies) && lines.some(isRefusal)) {
      return 'LOGIN_REQUIRED';
    }
    // YouTube without its challenges solved offers only pictures, and yt-dlp then speaks of formats.
    return code === 'FORMAT_UNAVAILABLE' && isChallengeUnsolved ? 'ENGINE_OUTDATED' : code;
  }
  if (exit.signal === FILE_SIZE_SIGNAL) return 'TOO_LARGE';
  // Not the fault of this download: the host took every job with it.
  if (exit.isHostLost) return 'INTERRUPTED';
  if (CRASH_SIGNALS.has(exit.signal ?? 0)) return 'WORKER_CRASHED';
  // Without an error of its own: a traceback, or a word of ffmpeg.
  return ruleFor(lines.slice(-20).join('\n')) ?? 'UNKNOWN';
}

/** Said by the engine when ffmpeg does the download. */
function isWithoutCookies(line: string): boolean {
  return line.startsWith('WARNING: [cookies] ffmpeg gets no cookies');
}

function isRefusal(line: string): boolean {
  return /(HTTP error|Server returned) 40[13]\b/.test(line);
}

/** Links and the site's name for the video are left out: the word "login" in them means nothing. */
function ruleFor(message: string): FailureCode | null {
  const text = message
    .replace(/https?:\/\/\S+/g, '')
    .replace(/^(ERROR: \[[^\]]+\]) [^\s:]+: /, '$1 ');
  return FAILURE_RULES.find(({ pattern }) => pattern.test(text))?.code ?? null;
}

function describeExit({ status, signal, isHostLost }: EngineExit): string {
  if (isHostLost) return 'The engine host has ended.';
  return signal === null ? `yt-dlp exited with status ${status}` : `yt-dlp got signal ${signal}`;
}

/** Only of an answer that asks us to wait; a `Retry-After` beside a good answer means nothing here. */
function retryAfterOf({ responses }: FailureEvidence, nowMs: number): number | null {
  const asking = responses.filter(
    ({ status, retryAfter, isOptional }) =>
      !isOptional && retryAfter !== null && (status === 429 || status === 503),
  );
  const value = asking.at(-1)?.retryAfter?.trim();
  if (value === undefined) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - nowMs) / 1000;
  if (!Number.isFinite(seconds)) return null;
  return Math.min(Math.max(1, Math.ceil(seconds)), MAX_RETRY_AFTER_SECONDS);
}
