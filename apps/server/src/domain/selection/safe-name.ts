/** Of every file system that matters; counted in bytes, not characters. */
export const COMPONENT_BYTES = 255;
/** The longest of what the store adds: ` (1000)`, and a subtitle's `.` language `.vtt` with a tag of 35 letters. */
const SUFFIX_BYTES = 48;
export const BASE_BYTES = COMPONENT_BYTES - SUFFIX_BYTES;

const NAMELESS = 'unknown';
/** Windows opens a device under these names, with any extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\.|$)/i;
/**
 * Format and direction marks, halves of characters, unassigned and private ones, and fillers that show nothing. Not a
 * joiner between two letters or two pictures, where it makes another word or another picture.
 */
const INVISIBLE =
  /(?![\u200c\u200d])(?:\u034f|\u17b4|\u17b5|[\p{Cf}\p{Cs}\p{Cn}\p{Co}\u115f\u1160\u2800\u3164\uffa0])/gu;
const JOINER =
  /(?<=[\p{L}\p{M}\p{N}\p{Extended_Pictographic}\p{Emoji_Modifier}])([\u200c\u200d])(?=[\p{L}\p{M}\p{N}\p{Extended_Pictographic}])|[\u200c\u200d]/gu;

/** Text without what nobody sees and nothing needs. */
export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '').replace(JOINER, '$1');
}

/**
 * One component of a path that means the same everywhere: NFC, nothing invisible, no separator, no name of a device, no
 * dot or space at its edges, never empty, at most so many bytes of UTF-8. Idempotent.
 */
export function safeComponent(text: string, maxBytes: number): string {
  const clean = text.normalize('NFC').replace(/[\p{Cc}\s]+/gu, ' ');
  const visible = withoutInvisible(clean)
    .normalize('NFC')
    .replace(/[<>:"/\\|?*]/g, '_')
    .replace(/ {2,}/g, ' ');
  const name = trimmed(firstBytes(trimmed(visible), maxBytes));
  if (name === '') return firstBytes(NAMELESS, maxBytes);
  return RESERVED.test(name) ? trimmed(firstBytes(`_${name}`, maxBytes)) : name;
}

function trimmed(text: string): string {
  return text.replace(/^[. \u200c\u200d]+|[. \u200c\u200d]+$/g, '');
}

/** The longest beginning of whole characters; an emoji or a letter with its accents is not cut unless it alone is too long. */
function firstBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const whole = takeWhileFits(graphemes(text), maxBytes);
  return whole === '' ? takeWhileFits(text, maxBytes) : whole;
}

function takeWhileFits(pieces: Iterable<string>, maxBytes: number): string {
  let result = '';
  let bytes = 0;
  for (const piece of pieces) {
    bytes += Buffer.byteLength(piece);
    if (bytes > maxBytes) break;
    result += piece;
  }
  return result;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

function* graphemes(text: string): Iterable<string> {
  for (const { segment } of segmenter.segment(text)) yield segment;
}
