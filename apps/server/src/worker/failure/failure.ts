import type { FailureCode } from '@artemis/contracts';
import type { EngineControl, EngineExit, RaisedError } from '../engine/engine-control.ts';
import {
  codeOfError,
  codeOfLines,
  codeOfStatus,
  statusOf,
  wordsOf,
  type SaidError,
} from './failure-kind.ts';
import { redact } from '../output/redact.ts';

const MAX_RETRY_AFTER_SECONDS = 86_400;
const MAX_QUOTED_CHARACTERS = 300;
const CRASH_SIGNALS = new Set([4, 6, 7, 8, 9, 11, 31]);
const FILE_SIZE_SIGNAL = 25;
const SECONDS_OF_UNIT = { minute: 60, hour: 3600, day: 86_400, week: 604_800 } as const;

export interface FailureEvidence {
  readonly exit: EngineExit;
  /** Lines of output that are neither ours nor chatter, oldest first. */
  readonly lines: readonly string[];
  readonly refusals: readonly Extract<EngineControl, { kind: 'refused' }>[];
  readonly responses: readonly Extract<EngineControl, { kind: 'response' }>[];
  /** What was raised, oldest first; empty for a standalone yt-dlp. */
  readonly errors: readonly RaisedError[];
}

export interface Failure {
  readonly code: FailureCode;
  /** Without secrets, for the log of the download. */
  readonly detail: string;
  /** Of SITE_REFUSED: the site's own words, on one line and without secrets. */
  readonly quote: string | null;
  /** How long the site asks to wait. */
  readonly retryAfterSeconds: number | null;
  /** The site speaks of this file and not of all our requests. */
  readonly isOfFileAlone: boolean;
  /** Of the answer that decided, if one did. */
  readonly status: number | null;
  /** Of UPCOMING: epoch time at which the site promises it, if it does. */
  readonly releaseAtMs: number | null;
}

interface Verdict {
  readonly code: FailureCode;
  /** Null: it was not an error of yt-dlp that decided. */
  readonly error: SaidError | null;
}

/** Why a run of yt-dlp failed, from all that it and the engine have said. `nowMs` is the epoch time. */
export function classifyFailure(evidence: FailureEvidence, nowMs: number): Failure {
  const { exit, lines, refusals } = evidence;
  const printed = errorsOf(lines);
  const detail = redact(printed.at(-1) ?? lines.at(-1) ?? describeExit(exit));
  const plain = {
    ...{ quote: null, retryAfterSeconds: null, isOfFileAlone: false },
    ...{ status: null, releaseAtMs: null },
  };
  const blocked = refusals.filter(isEgressRefusal).find(({ isOptional }) => !isOptional);
  if (blocked !== undefined) {
    const where = blocked.address === null ? '' : ` (${blocked.address} port ${blocked.port})`;
    return { code: 'EGRESS_BLOCKED', detail: `${detail}${where}`, ...plain };
  }
  if (lines.some(isForbiddenInput)) return { code: 'EGRESS_BLOCKED', detail, ...plain };
  if (lines.some(isOtherFormat)) return { code: 'INVALID_MEDIA', detail, ...plain };
  const { code, error } = verdictOf(evidence, printed, nowMs);
  const decided = error === null ? null : (statusOf(error) ?? statusOfFfmpeg(lines));
  const asked = askedWait(evidence, nowMs);
  const isAsked = asked !== null && (code === 'NETWORK' || code === 'UNKNOWN');
  if (code === 'THROTTLED' || isAsked) {
    const status = (isAsked ? null : decided) ?? asked?.status ?? null;
    return {
      ...plain,
      code: 'THROTTLED',
      detail,
      retryAfterSeconds: asked?.seconds ?? null,
      isOfFileAlone: status === 503,
      status,
    };
  }
  const quote = code === 'SITE_REFUSED' ? quoteOf(error, detail) : null;
  const releaseAtMs = code === 'UPCOMING' && error !== null ? releaseOf(error, nowMs) : null;
  return { ...plain, code, detail, quote, status: decided, releaseAtMs };
}

/** The page could be read, and what it led to is refused now: its links may be good for a while only. */
export function isLinkRefused(evidence: FailureEvidence): boolean {
  const { code, status } = classifyFailure(evidence, 0);
  return code === 'SITE_REFUSED' && status === 403;
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
  // Behind its own progress, which ends without a new line.
  return /(^|\s)\[hls @ \w+\] Failed to reload playlist\b/.test(line);
}

/** Said by yt-dlp of an HLS stream that it never puts together, however often it is asked (2026.10.26, downloader/hls.py). */
export function isHlsRefusal(line: string): boolean {
  return line.includes('Initialization fragment found after media fragments');
}

/**
 * Said by ffmpeg of the description of a later part of a stream, without which that part may not be playable; and by the
 * engine, of parts that it has joined (`engine/forms.py`).
 */
export function isLaterInitSkipped(line: string): boolean {
  return /Found duplicated MOOV Atom\. Skipped it|^\[hls\] Joining \d+ forms/.test(line);
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

function verdictOf(
  { exit, lines, errors }: FailureEvidence,
  printed: readonly string[],
  nowMs: number,
): Verdict {
  const raised = errors.filter(({ isOptional }) => !isOptional);
  const said: SaidError[] = [
    ...raised.map((one) => ({ text: one.text, raised: one })).reverse(),
    // What was raised is among them; what only the options or a program said is not.
    ...printed.map((text) => ({ text, raised: null })).reverse(),
  ];
  for (const error of said) {
    const code = codeOfError(error, nowMs);
    if (code !== null) return { code: inView(code, error, lines), error };
  }
  if (exit.signal === FILE_SIZE_SIGNAL) return { code: 'TOO_LARGE', error: null };
  // Not the fault of this download: the host took every job with it.
  if (exit.isHostLost) return { code: 'INTERRUPTED', error: null };
  if (CRASH_SIGNALS.has(exit.signal ?? 0)) return { code: 'WORKER_CRASHED', error: null };
  // Without an error of its own: a traceback, or a word of ffmpeg. Never a warning, which was survived.
  const others = lines.filter((line) => !/^(WARNING: |\[[\w:+.-]+\] )/.test(line));
  return { code: codeOfLines(others.slice(-20)) ?? 'UNKNOWN', error: null };
}

/** What was said before shows some errors in another light. */
function inView(code: FailureCode, error: SaidError, lines: readonly string[]): FailureCode {
  const hasSaid = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  // YouTube without its challenges solved offers only pictures, and yt-dlp then speaks of formats.
  if (code === 'FORMAT_UNAVAILABLE') {
    const isOfEngine = hasSaid(/challenge solving failed|only images are available/i);
    return isOfEngine ? 'ENGINE_OUTDATED' : code;
  }
  // YouTube is asked as several clients, and each that gets no answer is only warned of.
  if (code === 'ENGINE_OUTDATED' && error.text.includes('extract any player response')) {
    return codeOfUnanswered(lines) ?? code;
  }
  if (code === 'NETWORK') {
    const status = statusOfFfmpeg(lines);
    if (status === null || !/ffmpeg exited with code/.test(error.text)) return code;
    // It was not asked with the cookies that there are, and would be refused again.
    const isUnknown = status === 401 || status === 403;
    if (isUnknown && lines.some(isWithoutCookies)) return 'LOGIN_REQUIRED';
    return codeOfStatus(status, true) ?? code;
  }
  const isForbidden = statusOf(error) === 403 && code === 'LOGIN_REQUIRED';
  const isHandshake = hasSaid(/^WARNING: .*attempting impersonation, but (no|none of)/i);
  return isForbidden && isHandshake ? 'IMPERSONATION_NEEDED' : code;
}

/** Of an API that could not be asked: too many requests, or a connection that broke. Null: it has answered. */
function codeOfUnanswered(lines: readonly string[]): FailureCode | null {
  const line = lines.findLast((one) => /^WARNING: .*Unable to download API page: /.test(one));
  if (line === undefined) return null;
  const status = statusOf({ text: line, raised: null });
  const code = status === null ? codeOfLines([line]) : codeOfStatus(status, false);
  return code === 'THROTTLED' || code === 'NETWORK' ? code : null;
}

/** Said by the engine when ffmpeg does the download. */
function isWithoutCookies(line: string): boolean {
  return line.startsWith('WARNING: [cookies] ffmpeg gets no cookies');
}

/** Why ffmpeg was refused. What it could not find may be one of many that it went on without. */
function statusOfFfmpeg(lines: readonly string[]): number | null {
  const found = lines.map((line) =>
    /(?:HTTP error|Server returned) (401|403|429|451)\b/.exec(line),
  );
  const status = found.findLast((one) => one !== null)?.[1];
  return status === undefined ? null : Number(status);
}

function quoteOf(error: SaidError | null, detail: string): string {
  const words = redact(error === null ? detail : wordsOf(error)).replace(/\s+/g, ' ');
  const isLong = words.length > MAX_QUOTED_CHARACTERS;
  return isLong ? `${words.slice(0, MAX_QUOTED_CHARACTERS).trimEnd()}…` : words;
}

function releaseOf({ text, raised }: SaidError, nowMs: number): number | null {
  const seconds = raised?.releaseAtSeconds ?? null;
  if (seconds !== null) return Number.isFinite(seconds * 1000) ? seconds * 1000 : null;
  const found = /\bin (?:about )?(\d{1,4}|an?) (minute|hour|day|week)s?\b/i.exec(text);
  if (found === null) return null;
  const count = Number(found[1]) || 1;
  const unit = (found[2] ?? 'hour').toLowerCase() as keyof typeof SECONDS_OF_UNIT;
  return nowMs + count * SECONDS_OF_UNIT[unit] * 1000;
}

function describeExit({ status, signal, isHostLost }: EngineExit): string {
  if (isHostLost) return 'The engine host has ended.';
  return signal === null ? `yt-dlp exited with status ${status}` : `yt-dlp got signal ${signal}`;
}

/** Only of an answer that asks us to wait; a `Retry-After` beside a good answer means nothing here. */
export function askedWait(
  { responses }: Pick<FailureEvidence, 'responses'>,
  nowMs: number,
): { readonly status: number; readonly seconds: number } | null {
  const waits = responses.map((response) => {
    const seconds = response.isOptional ? null : retryAfterOf(response, nowMs);
    return seconds === null ? null : { status: response.status, seconds };
  });
  return waits.findLast((wait) => wait !== null) ?? null;
}

/**
 * How long this answer asks us to wait, in seconds; null when it does not. "At once" and a time that has passed are no
 * wait: our own pauses grow, where three tries within a second would use up the attempts.
 */
export function retryAfterOf(
  {
    status,
    retryAfter,
  }: Pick<Extract<EngineControl, { kind: 'response' }>, 'status' | 'retryAfter'>,
  nowMs: number,
): number | null {
  const value = status === 429 || status === 503 ? retryAfter?.trim() : undefined;
  if (value === undefined) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - nowMs) / 1000;
  if (!Number.isFinite(seconds) || seconds <= 0) return null;
  return Math.min(Math.ceil(seconds), MAX_RETRY_AFTER_SECONDS);
}
