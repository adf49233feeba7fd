import { STATUS_CODES } from 'node:http';
import type { FailureCode } from '@artemis/contracts';
import type { RaisedError } from '../engine/engine-control.ts';
import { CERTAIN_RULES, WORD_RULES, type FailureRule } from './failure-rules.ts';

/** An error as it was printed, with its exception; a standalone yt-dlp reports no exceptions. */
export interface SaidError {
  readonly text: string;
  readonly raised: RaisedError | null;
}

/** Exceptions of Python and yt-dlp for a connection that failed or broke (2026.10.26, networking/exceptions.py). */
const TRANSFER_CLASSES = [
  'TransportError',
  'ContentTooShortError',
  'ConnectionError',
  'TimeoutError',
  'SSLError',
  'gaierror',
  'IncompleteRead',
];

/** Judges an error by its exception, then by its words, then by its HTTP status. Null: none of them tells anything. */
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

/** Judges lines that are not errors of yt-dlp, but messages about the computer and its connections. */
export function codeOfLines(lines: readonly string[]): FailureCode | null {
  const text = lines.join('\n');
  const transfer = WORD_RULES.filter(({ isOfTransfer }) => isOfTransfer === true);
  return ruleFor(CERTAIN_RULES, text) ?? ruleFor(transfer, text);
}

/** HTTP status of the response that the error is about; null when it is about none. */
export function statusOf({ text, raised }: SaidError): number | null {
  if (raised?.status !== null && raised?.status !== undefined) return raised.status;
  const found = /HTTP Error (\d{3})\b/.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

/** @param isMedia the response is to a request for media; the page could be read */
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

/** The message of the site or of the extractor, without the text that yt-dlp adds to it. */
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
  // The standard reason phrase adds nothing to the status; a site may write its own.
  const usual = status === null ? null : `HTTP Error ${status}: ${STATUS_CODES[status]}`;
  const words = withoutNames(wordsOf(error));
  // After "Unable to download" the words describe the connection or the status, not what the site says about the media.
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

/** Whether an extractor passes on the site's own answer. yt-dlp asks to report every fault of an extractor. */
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

/** Removes links and the video's id: a word such as "login" means nothing in them. */
function withoutNames(text: string): string {
  return text
    .replace(/https?:\/\/\S+/g, '')
    .replace(/^(ERROR: \[[^\]]+\]) [^\s:]+: /, '$1 ')
    .trim();
}

function ruleFor(rules: readonly FailureRule[], text: string): FailureCode | null {
  return rules.find(({ pattern }) => pattern.test(text))?.code ?? null;
}
