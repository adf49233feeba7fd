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

// Stops at white space, quotes, angle brackets, and the full-width punctuation that follows links in CJK text.
const CANDIDATE = /(?:https?:\/\/|www\.)[^\s"'<>`{}|\\^，。；？！）」”“、]+/gi;
const TRAILING = /[.,;:!?*_~]+$/;
const JOINED = /,(?=https?:\/\/)/i;

/**
 * Every http(s) link of any text, in order, each address once. Understands prose, Markdown, brackets and
 * comma lists. Pure, so that it also runs in a worker.
 */
export function extractUrls(text: string, markup = ''): Extraction {
  const urls: FoundUrl[] = [];
  const seen = new Set<string>();
  let isCut = text.length > MAX_TEXT;
  const source = isCut ? text.slice(0, MAX_TEXT) : text;
  const linkedLines = new Set<number>();
  let line = 0;
  let lineStart = 0;

  for (const match of source.matchAll(CANDIDATE)) {
    let offset = match.index;
    for (let at = source.indexOf('\n', lineStart); at !== -1 && at < offset;) {
      line += 1;
      lineStart = at + 1;
      at = source.indexOf('\n', lineStart);
    }
    for (const piece of match[0].split(JOINED)) {
      const trimmed = trimEnd(piece);
      const url = normalise(trimmed);
      if (url) {
        linkedLines.add(line);
        if (!seen.has(url)) {
          if (urls.length >= MAX_LINKS) {
            isCut = true;
            break;
          }
          seen.add(url);
          urls.push({ url, start: offset, end: offset + trimmed.length });
        }
      }
      offset += piece.length + 1;
    }
    if (isCut && urls.length >= MAX_LINKS) break;
  }

  for (const href of linksOfMarkup(markup)) {
    const url = normalise(href);
    if (!url || seen.has(url) || urls.length >= MAX_LINKS) continue;
    seen.add(url);
    urls.push({ url, start: -1, end: -1 });
  }

  let linesWithoutLink = 0;
  source.split('\n').forEach((content, index) => {
    if (content.trim() !== '' && !linkedLines.has(index)) linesWithoutLink += 1;
  });
  return { urls, linesWithoutLink, isCut };
}

function trimEnd(candidate: string): string {
  let text = candidate;
  for (;;) {
    const before = text;
    text = text.replace(TRAILING, '');
    const last = text.at(-1);
    if (last === ')' && count(text, ')') > count(text, '(')) text = text.slice(0, -1);
    if (last === ']' && count(text, ']') > count(text, '[')) text = text.slice(0, -1);
    // Markdown: [title](https://…) leaves `https://…)`; a nested `](` ends the link as well.
    const nested = text.indexOf('](');
    if (nested > 0) text = text.slice(0, nested);
    if (text === before) return text;
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function normalise(candidate: string): string | null {
  const full = /^www\./i.test(candidate) ? `https://${candidate}` : candidate;
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
  for (const match of markup.matchAll(/<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)) {
    links.push((match[1] ?? match[2] ?? '').replaceAll('&amp;', '&'));
  }
  return links;
}
