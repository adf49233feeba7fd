export interface FoundUrl {
  /** Normalised by the URL parser. */
  readonly url: string;
  /** Where it stands in the text; `-1` for links that came from markup. */
  readonly start: number;
  readonly end: number;
}

export interface Extraction {
  readonly urls: readonly FoundUrl[];
  /** Lines that are not empty and hold no link. */
  readonly linesWithoutLink: number;
  /** More links than `MAX_LINKS` or more text than `MAX_TEXT`: the rest was not read. */
  readonly isCut: boolean;
}

export const MAX_TEXT = 5_000_000;
export const MAX_LINKS = 20_000;

// Stops at white space, what no link may hold, and the full-width punctuation that follows links in CJK text.
const CANDIDATE = /(?:https?:\/\/|www\.)[^\s"<>`，。；？！）」”“、]+/gi;
/**
 * Between links without white space: lists, and links of Markdown whose title is a link. A run is read from its beginning
 * alone: from each of its characters would take the square of its length.
 */
const JOINT = /(?:\]\(|\\[nrt]|(?<![,;|\u200b\u2060])'?[,;|\u200b\u2060]+'?)(?=https?:\/\/)/gi;
/** A mark of a list, a quotation or a table in front of a line: no words. */
const LINE_MARK = /^[\s>]*(?:[-*+•]|\d{1,4}[.)])?\s/;

/**
 * Every http(s) link of any text, in order, each address once. Understands prose, Markdown, brackets and
 * comma lists. Pure, so that it also runs in a worker; its time grows with the length of the text alone.
 */
export function extractUrls(text: string, markup = ''): Extraction {
  const urls: FoundUrl[] = [];
  const seen = new Set<string>();
  const isLong = text.length > MAX_TEXT;
  let isFull = false;
  let linesWithoutLink = 0;
  let offset = 0;

  for (const line of (isLong ? text.slice(0, MAX_TEXT) : text).split('\n')) {
    let hasLink = false;
    for (const { raw, at } of linksOfLine(line)) {
      const url = normalise(raw);
      if (!url) continue;
      hasLink = true;
      if (seen.has(url)) continue;
      isFull = urls.length >= MAX_LINKS;
      if (isFull) break;
      seen.add(url);
      urls.push({ url, start: offset + at, end: offset + at + raw.length });
    }
    if (isFull) break;
    if (!hasLink && line.trim() !== '') linesWithoutLink += 1;
    offset += line.length + 1;
  }

  for (const href of linksOfMarkup(markup)) {
    const url = normalise(href);
    if (!url || seen.has(url) || urls.length >= MAX_LINKS) continue;
    seen.add(url);
    urls.push({ url, start: -1, end: -1 });
  }
  return { urls, linesWithoutLink, isCut: isLong || isFull };
}

interface RawLink {
  readonly raw: string;
  /** Where it stands in the line. */
  readonly at: number;
}

function* linksOfLine(line: string): Generator<RawLink, void, void> {
  const candidates = [...line.matchAll(CANDIDATE)];
  if (candidates.length === 0) return;
  const surroundings = new Surroundings(line, line.replace(CANDIDATE, ' '));
  for (const { 0: candidate, index } of candidates) {
    for (const { raw, at } of piecesOf(candidate)) {
      surroundings.readUntil(index + at);
      const link = raw.slice(0, endOf(raw, line.charAt(index + at - 1), surroundings));
      surroundings.skipTo(index + at + link.length);
      yield { raw: link, at: index + at };
    }
  }
}

function* piecesOf(candidate: string): Generator<RawLink, void, void> {
  let at = 0;
  for (const joint of candidate.matchAll(JOINT)) {
    yield { raw: candidate.slice(at, joint.index), at };
    at = joint.index + joint[0].length;
  }
  yield { raw: candidate.slice(at), at };
}

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '|': '|' };
const OPENERS: Readonly<Record<string, string>> = {
  ')': '(',
  ']': '[',
  '}': '{',
  '’': '‘',
  '»': '«',
  '›': '‹',
};
/** Emphasis of Markdown, and the quote that is an apostrophe too. */
const PAIRED = new Set(['*', '_', '~', "'"]);
const LIST_MARKS = new Set([',', ';', '\\']);
/** Of a sentence. Where a link stands alone they are part of it. */
const SENTENCE_MARKS = new Set(['.', ':', '!', '?', '|']);
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f]/;

/** How many characters of it are the link: what opened in front of it closes behind it, and the sentence goes on. */
function endOf(text: string, before: string, surroundings: Surroundings): number {
  let end = closing(text, before);
  const counts = new Map<string, number>();
  for (let at = 0; at < end; at += 1) {
    const character = text.charAt(at);
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  for (; end > 0; end -= 1) {
    const last = text.charAt(end - 1);
    const opener = OPENERS[last];
    if (opener !== undefined) {
      const unopened = (counts.get(last) ?? 0) - (counts.get(opener) ?? 0);
      if (unopened <= 0) break;
      counts.set(last, (counts.get(last) ?? 0) - 1);
    } else if (PAIRED.has(last)) {
      if (!surroundings.isOpen(last)) break;
    } else if (SENTENCE_MARKS.has(last)) {
      if (!surroundings.haveWords) break;
    } else if (!LIST_MARKS.has(last) && !INVISIBLE.test(last)) {
      break;
    }
  }
  return end;
}

/** Where the bracket or the cell of a table ends that opens right in front of the link; else its whole length. */
function closing(text: string, before: string): number {
  const closer = CLOSERS[before];
  // Markdown: the title of a link that is a link itself.
  const title = text.indexOf('](');
  const whole = title === -1 ? text.length : title;
  if (closer === undefined) return whole;
  let depth = 1;
  for (let at = 0; at < whole; at += 1) {
    const character = text.charAt(at);
    if (character === closer) depth -= 1;
    else if (character === before) depth += 1;
    if (depth === 0) return at;
  }
  return whole;
}

/** What stands around the links of a line. It is read once, however many links there are. */
class Surroundings {
  /** Whether the line says something besides its links. */
  readonly haveWords: boolean;
  readonly #line: string;
  readonly #open = new Set<string>();
  #at = 0;

  constructor(line: string, rest: string) {
    this.#line = line;
    this.haveWords = /[\p{L}\p{N}]/u.test(rest.replace(LINE_MARK, ''));
  }

  isOpen(mark: string): boolean {
    return this.#open.has(mark);
  }

  readUntil(end: number): void {
    while (this.#at < end) {
      const mark = this.#line.charAt(this.#at);
      if (PAIRED.has(mark)) this.#readRun(mark);
      else this.#at += 1;
    }
  }

  skipTo(at: number): void {
    this.#at = at;
  }

  /** As in Markdown: a mark opens in front of something, and closes behind something. */
  #readRun(mark: string): void {
    const before = this.#line.charAt(this.#at - 1);
    while (this.#line.charAt(this.#at) === mark) this.#at += 1;
    const after = this.#line.charAt(this.#at);
    const mayOpen = !isWord(before) && after.trim() !== '';
    const mayClose = !isWord(after) && before.trim() !== '';
    if (mayClose && this.#open.has(mark)) this.#open.delete(mark);
    else if (mayOpen) this.#open.add(mark);
  }
}

function isWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}

function normalise(candidate: string): string | null {
  // Markdown's escapes; of other backslashes the URL parser makes slashes, as a browser does.
  const text = candidate.replaceAll(/\\(?=[_*~()[\]|!])/g, '');
  const full = /^www\./i.test(text) ? `https://${text}` : text;
  if (!/^https?:\/\//i.test(full)) return null;
  let url: URL;
  try {
    url = new URL(full);
  } catch {
    return null;
  }
  const { hostname } = url;
  const isAddress = hostname.startsWith('[');
  if (!hostname.includes('.') && hostname !== 'localhost' && !isAddress) return null;
  return url.href;
}

/** A copied table or page keeps its links in the markup of the clipboard. No parser: the result is only text. */
function linksOfMarkup(markup: string): string[] {
  const links: string[] = [];
  for (const match of markup.matchAll(/<a\s[^<>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)) {
    links.push((match[1] ?? match[2] ?? '').replaceAll('&amp;', '&'));
  }
  return links;
}
