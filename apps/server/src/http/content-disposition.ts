import { withoutInvisible } from '../domain/selection/safe-name.ts';

const LONGEST_NAME_BYTES = 200;
/** Names that Windows reserves for devices. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/** `Content-Disposition` for a file that a person saves: its title with the extension, safe on every system. */
export function contentDisposition(
  type: 'attachment' | 'inline',
  title: string,
  extension: string,
): string {
  const name = savedName(title, extension);
  const ascii = name.replaceAll(/[^A-Za-z0-9._ -]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** Without control, format and bidi characters, path separators and reserved names; at most 200 bytes. */
export function savedName(title: string, extension: string): string {
  const clean = withoutInvisible(title.normalize('NFC'))
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '')
    .replaceAll(/[<>:"/\\|?*]/g, '_')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/^[. ]+|[. ]+$/g, '');
  const limited = withinBytes(clean, LONGEST_NAME_BYTES - Buffer.byteLength(extension)).trim();
  const base = limited === '' ? 'download' : limited;
  return (RESERVED.test(base) ? `_${base}` : base) + extension;
}

function withinBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  let result = '';
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > limit) break;
    result += segment;
  }
  return result;
}
