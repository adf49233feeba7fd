import type { FailureCode } from '@artemis/contracts';
import type { EngineExit, RaisedError, Refusal, SiteResponse } from '../engine/engine-control.ts';
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
  /** Printed lines other than Artemis' own, oldest first. */
  readonly lines: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly responses: readonly SiteResponse[];
  /** Raised exceptions, oldest first; empty for a standalone yt-dlp. */
  readonly errors: readonly RaisedError[];
}

export interface Failure {
  readonly code: FailureCode;
  /** For the log of the download; without secrets. */
  readonly detail: string;
  /** Only for SITE_REFUSED: the site's own words, on one line and without secrets. */
  readonly quote: string | null;
  /** How long the site asks to wait. */
  readonly retryAfterSeconds: number | null;
  /** The wait concerns this file only, not all requests to the site. */
  readonly isOfFileAlone: boolean;
  /** HTTP status of the response that decided, if one did. */
  readonly status: number | null;
  /** Only for UPCOMING: the announced time of publication in epoch milliseconds, if known. */
  readonly releaseAtMs: number | null;
}

interface Verdict {
  readonly code: FailureCode;
  /** The error of yt-dlp that decided; null: something else did. */
  readonly error: SaidError | null;
}

/** Why a run of yt-dlp failed, judged by its output and by the reports of the engine. `nowMs`: epoch time. */
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

/** Whether the site now refuses links that its own page gave out: they may have expired. */
export function isLinkRefused(evidence: FailureEvidence): boolean {
  const { code, status } = classifyFailure(evidence, 0);
  return code === 'SITE_REFUSED' && status === 403;
}

/** Whether the guard refused a connection to a non-public address, or a program whose connections it could not check. */
export function isEgressRefusal({ event }: { readonly event: string }): boolean {
  return event === 'connect' || event === 'send' || event === 'process';
}

/** A message of ffmpeg: a manifest names a file of this computer, or an address that is not allowed. */
export function isForbiddenInput(line: string): boolean {
  return /Protocol '\w+' not on whitelist|(Filename extension of|Unable to open key file) '?file:|Connection to tcp:\S+ failed: Permission denied|URL (?!https?:)\S+ is not in allowed_/.test(
    line,
  );
}

/** A message of ffmpeg: the site sent a list, a manifest or SDP instead of media. */
function isOtherFormat(line: string): boolean {
  return line.includes('Format not on whitelist');
}

/** A message of ffmpeg: a plain-http manifest leads to https, which was not allowed. */
export function isHttpsLeftOut(line: string): boolean {
  return /Protocol '(https|tls|httpproxy)' not on whitelist 'http,tcp,/.test(line);
}

/** A message of ffmpeg: it skips a segment of a manifest. */
export function isSkippedSegment(line: string): boolean {
  return /^\[(hls|dash) @ \w+\] Failed to open (new )?(segment|fragment)\b/.test(line);
}

/** A message of ffmpeg: it cannot reload the playlist of a live stream. ffmpeg then ends as if the stream had ended. */
export function isListLost(line: string): boolean {
  // The message may follow ffmpeg's status, which has no line end.
  return /(^|\s)\[hls @ \w+\] Failed to reload playlist\b/.test(line);
}

/** A message of yt-dlp: it never joins such an HLS stream, however often it is asked (2026.10.26, downloader/hls.py). */
export function isHlsRefusal(line: string): boolean {
  return line.includes('Initialization fragment found after media fragments');
}

/** A message of the engine: the stream has keys that not every program and nobody without a licence can use (SAMPLE-AES). */
export function areSamplesEncrypted(line: string): boolean {
  return line.startsWith('[hls] The samples of this stream are encrypted');
}

/**
 * A message of ffmpeg: it skips the initialization data of a later part of a stream, which may then be unplayable. Or a
 * message of the engine: it has joined parts with different initialization data (`engine/forms.py`).
 */
export function isLaterInitSkipped(line: string): boolean {
  return /Found duplicated MOOV Atom\. Skipped it|^\[hls\] Joining \d+ forms/.test(line);
}

/** The complete errors in the output: an error of yt-dlp may span several lines. */
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
    // Printed errors include the raised ones, and also those that raised nothing: of options and programs.
    ...printed.map((text) => ({ text, raised: null })).reverse(),
  ];
  for (const error of said) {
    const code = codeOfError(error, nowMs);
    if (code !== null) return { code: inContext(code, error, lines), error };
  }
  if (exit.signal === FILE_SIZE_SIGNAL) return { code: 'TOO_LARGE', error: null };
  // Not the fault of this download: the engine host has ended all jobs.
  if (exit.isHostLost) return { code: 'INTERRUPTED', error: null };
  if (CRASH_SIGNALS.has(exit.signal ?? 0)) return { code: 'WORKER_CRASHED', error: null };
  // No error was printed, but perhaps a traceback or a message of ffmpeg. Warnings do not count: the run survived them.
  const others = lines.filter((line) => !/^(WARNING: |\[[\w:+.-]+\] )/.test(line));
  return { code: codeOfLines(others.slice(-20)) ?? 'UNKNOWN', error: null };
}

/** Corrects a code by the lines that were printed before the error. */
function inContext(code: FailureCode, error: SaidError, lines: readonly string[]): FailureCode {
  const hasSaid = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  // Without solved challenges YouTube offers only pictures, and yt-dlp then complains about formats.
  if (code === 'FORMAT_UNAVAILABLE') {
    const isOfEngine = hasSaid(/challenge solving failed|only images are available/i);
    return isOfEngine ? 'ENGINE_OUTDATED' : code;
  }
  // yt-dlp asks YouTube as several clients, and prints only a warning for each that gets no answer.
  if (code === 'ENGINE_OUTDATED' && error.text.includes('extract any player response')) {
    return codeOfUnanswered(lines) ?? code;
  }
  if (code === 'NETWORK') {
    const status = statusOfFfmpeg(lines);
    if (!/ffmpeg exited with code/.test(error.text)) return code;
    if (status === null) {
      const said = codeOfLines(lines.filter((line) => !line.startsWith('ERROR: ')));
      // ffmpeg finds no form in what it could not decrypt.
      const isOfMedia = said === null || said === 'POSTPROCESSING_FAILED';
      return isOfMedia && lines.some(areSamplesEncrypted) ? 'DRM_PROTECTED' : code;
    }
    // ffmpeg sends no cookies, so that a retry would be refused again.
    const isUnknown = status === 401 || status === 403;
    if (isUnknown && lines.some(isWithoutCookies)) return 'LOGIN_REQUIRED';
    return codeOfStatus(status, true) ?? code;
  }
  const isForbidden = statusOf(error) === 403 && code === 'LOGIN_REQUIRED';
  const isHandshake = hasSaid(/^WARNING: .*attempting impersonation, but (no|none of)/i);
  return isForbidden && isHandshake ? 'IMPERSONATION_NEEDED' : code;
}

/** Why YouTube's API did not answer: too many requests, or a broken connection. Null: it has answered. */
function codeOfUnanswered(lines: readonly string[]): FailureCode | null {
  const line = lines.findLast((one) => /^WARNING: .*Unable to download API page: /.test(one));
  if (line === undefined) return null;
  const status = statusOf({ text: line, raised: null });
  const code = status === null ? codeOfLines([line]) : codeOfStatus(status, false);
  return code === 'THROTTLED' || code === 'NETWORK' ? code : null;
}

/** A message of the engine when ffmpeg does the download. */
function isWithoutCookies(line: string): boolean {
  return line.startsWith('WARNING: [cookies] ffmpeg gets no cookies');
}

/** HTTP status with which ffmpeg was refused. Not 404: ffmpeg may have skipped such a segment. */
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

/** The last response that asks to wait; `Retry-After` in a successful response does not count. */
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
 * How long this response asks to wait, in seconds; null when it does not. 0 and a time in the past count as null, so that the
 * growing pauses between attempts apply: three tries within a second would use up all attempts.
 */
export function retryAfterOf(
  { status, retryAfter }: Pick<SiteResponse, 'status' | 'retryAfter'>,
  nowMs: number,
): number | null {
  const value = status === 429 || status === 503 ? retryAfter?.trim() : undefined;
  if (value === undefined) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - nowMs) / 1000;
  if (!Number.isFinite(seconds) || seconds <= 0) return null;
  return Math.min(Math.ceil(seconds), MAX_RETRY_AFTER_SECONDS);
}
