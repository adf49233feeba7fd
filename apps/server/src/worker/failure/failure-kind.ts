import { STATUS_CODES } from 'node:http';
import type { FailureCode } from '@artemis/contracts';
import type { RaisedError } from '../engine/engine-control.ts';
import { CERTAIN_RULES, WORD_RULES, type FailureRule } from './failure-rules.ts';

/** An error as it was printed, and what it is; a standalone yt-dlp has only the words. */
export interface SaidError {
  readonly text: string;
  readonly raised: RaisedError | null;
}

/** Python's and yt-dlp's names for a connection that could not be made or broke (2026.10.26, networking/exceptions.py). */
const TRANSFER_CLASSES = [
  'TransportError',
  'ContentTooShortError',
  'ConnectionError',
  'TimeoutError',
  'SSLError',
  'gaierror',
  'IncompleteRead',
];

/** What the error is comes first, then its words, then the status behind it. Null: none of them says anything. */
export function codeOfError(error: SaidError, nowMs: number): FailureCode | null {
  const certain = ruleFor(CERTAIN_RULES, withoutNames(error.text));
  if (certain !== null) return certain;
  const { raised } = error;
  const isRefusal = isPlainAnswer(error);
  return (
    (raised && codeOfKind(raised, nowMs)) ??
    codeOfWords(error, isRefusal) ??
    codeOfStatus(statusOf(error), isOfMedia(error.text)) ??
    codeOfTransfer(error, isRefusal) ??
    (isRefusal ? 'SITE_REFUSED' : null) ??
    (raised && isFaultOfExtractor(raised) ? 'ENGINE_OUTDATED' : null)
  );
}

/** Of lines that are no error of yt-dlp: what the computer and connections say. */
export function codeOfLines(lines: readonly string[]): FailureCode | null {
  const text = lines.join('\n');
  const transfer = WORD_RULES.filter(({ isOfTransfer }) => isOfTransfer === true);
  return ruleFor(CERTAIN_RULES, text) ?? ruleFor(transfer, text);
}

/** Of the answer that the error is about; null when it is about none. */
export function statusOf({ text, raised }: SaidError): number | null {
  if (raised?.status !== null && raised?.status !== undefined) return raised.status;
  const found = /HTTP Error (\d{3})\b/.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

/** @param isMedia the page could be read, and what it names cannot be fetched */
export function codeOfStatus(status: number | null, isMedia: boolean): FailureCode | null {
  if (status === null || status < 300) return null;
  if (status === 401) return 'LOGIN_REQUIRED';
  if (status === 402) return 'PAYMENT_REQUIRED';
  if (status === 403) return isMedia ? 'SITE_REFUSED' : 'LOGIN_REQUIRED';
  if (status === 404 || status === 410) return 'MEDIA_UNAVAILABLE';
  if (status === 429 || status === 503) return 'THROTTLED';
  if (status === 451) return 'GEO_RESTRICTED';
  const isOfConnection = [407, 408, 416, 425].includes(status) || status < 400 || status >= 500;
  return isOfConnection ? 'NETWORK' : 'SITE_REFUSED';
}

/** The words of the site, or those that an extractor has for its answer, without what yt-dlp writes around them. */
export function wordsOf({ text, raised }: SaidError): string {
  const said = raised?.said ?? text.replace(/^ERROR: (\[[^\]]+\] )?([^\s:]+: )?/, '');
  return said
    .replace(/;? *please report this issue on .*/s, '')
    .replace(/ \(caused by .*/s, '')
    .replace(/\nYou might want to use a VPN.*/s, '')
    .trim();
}

function codeOfKind(raised: RaisedError, nowMs: number): FailureCode | null {
  const is = (name: string) => raised.classes.includes(name);
  if (raised.isUpcoming) return 'UPCOMING';
  if (raised.releaseAtSeconds !== null && raised.releaseAtSeconds * 1000 > nowMs) return 'UPCOMING';
  if (is('UnsupportedError')) return 'UNSUPPORTED_SITE';
  if (is('GeoRestrictedError') || raised.countries.length > 0) return 'GEO_RESTRICTED';
  if (is('UserNotLive')) return 'MEDIA_UNAVAILABLE';
  if (is('PostProcessingError')) return 'POSTPROCESSING_FAILED';
  return null;
}

function codeOfWords(error: SaidError, isRefusal: boolean): FailureCode | null {
  const rules = isRefusal ? WORD_RULES.filter(({ isOfTransfer }) => !isOfTransfer) : WORD_RULES;
  const status = statusOf(error);
  // The usual words of a status mean what the status does; a site may have its own.
  const usual = status === null ? null : `HTTP Error ${status}: ${STATUS_CODES[status]}`;
  const words = withoutNames(wordsOf(error));
  // "Unable to download": the rest is about the connection or the status. An extractor that has read the answer has words of its own.
  const isAboutAnswer = /HTTP Error \d{3}/.test(words) || isTransfer(error);
  const code = ruleFor(rules, usual === null ? words : words.replace(usual, ''));
  return isAboutAnswer && (code === 'MEDIA_UNAVAILABLE' || code === 'NETWORK') ? null : code;
}

function codeOfTransfer(error: SaidError, isRefusal: boolean): FailureCode | null {
  if (isTransfer(error)) return 'NETWORK';
  return isRefusal ? null : ruleFor(WORD_RULES, withoutNames(wordsOf(error)));
}

function isTransfer({ raised }: SaidError): boolean {
  if (raised === null) return false;
  return [...raised.classes, ...raised.causes].some((name) => TRANSFER_CLASSES.includes(name));
}

/** A fault of an extractor asks to be reported, in its words too. */
function isPlainAnswer({ text, raised }: SaidError): boolean {
  if (raised !== null && raised.classes.length > 0) {
    return raised.isExpected && raised.classes.includes('ExtractorError');
  }
  return (
    /^ERROR: \[[^\]]+\] [^\s:]+: /.test(text) && !/please report this issue|caused by /.test(text)
  );
}

function isFaultOfExtractor({ classes, isInExtractor, isExpected }: RaisedError): boolean {
  return isInExtractor || (classes.includes('ExtractorError') && !isExpected);
}

function isOfMedia(text: string): boolean {
  return (
    !/^ERROR: \[(?!download\])/.test(text) ||
    /(m3u8|MPD|f4m|ISM|playlist|manifest) (information|manifest)/i.test(text)
  );
}

/** Links and the site's name for the video are left out: the word "login" in them means nothing. */
function withoutNames(text: string): string {
  return text
    .replace(/https?:\/\/\S+/g, '')
    .replace(/^(ERROR: \[[^\]]+\]) [^\s:]+: /, '$1 ')
    .trim();
}

function ruleFor(rules: readonly FailureRule[], text: string): FailureCode | null {
  return rules.find(({ pattern }) => pattern.test(text))?.code ?? null;
}
