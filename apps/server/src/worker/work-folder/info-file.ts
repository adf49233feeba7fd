import { parseUrl } from '@artemis/contracts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';

/** Headers and cookies are secrets, file names are local paths, fragments are thousands of links. */
const DROPPED = new Set([
  'http_headers',
  'cookies',
  'filename',
  'filepath',
  'infojson_filename',
  'requested_downloads',
  'fragments',
  'downloader_options',
]);
/** Links to the streams: signed, often with the IP address of this computer, and expired within hours. */
const STREAM_LINKS = new Set(['url', 'manifest_url', 'fragment_base_url']);

/**
 * Removes from an info JSON what must not be stored or shared: headers, cookies, local paths, signatures in links. False when
 * that failed, for example because the file is too large; the file must then be dropped.
 */
export async function cleanInfoFile(path: string, workFolder: string): Promise<boolean> {
  try {
    const info: unknown = JSON.parse(await readFolderRecord(path));
    await writeFolderRecord(path, JSON.stringify(cleanInfo(info, workFolder)));
    return true;
  } catch {
    return false;
  }
}

export function cleanInfo(value: unknown, workFolder: string): unknown {
  if (typeof value === 'string') return value.replaceAll(workFolder, '');
  if (Array.isArray(value)) return value.map((entry) => cleanInfo(entry, workFolder));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !DROPPED.has(key) && !key.startsWith('_'));
  return Object.fromEntries(
    kept.map(([key, entry]) => [
      key,
      STREAM_LINKS.has(key) && typeof entry === 'string'
        ? withoutSignature(entry)
        : cleanInfo(entry, workFolder),
    ]),
  );
}

function withoutSignature(link: string): string {
  const url = parseUrl(link);
  if (url === null) return '';
  const { protocol, host, pathname } = url;
  return /^https?:$/.test(protocol) ? `${protocol}//${host}${pathname}` : '';
}
