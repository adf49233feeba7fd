import { parseUrl } from '@artemis/contracts';
import { readFolderRecord, writeFolderRecord } from './folder-record.ts';

/** Headers and cookies are secrets, file names are those of the job folder, fragments are thousands of links. */
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
/** Links to the streams themselves: signed, often with the address of this computer, and dead within hours. */
const STREAM_LINKS = new Set(['url', 'manifest_url', 'fragment_base_url']);

/**
 * Makes an info JSON fit to be kept and passed on: without headers, cookies, names of this computer, and signatures in
 * links. False when that could not be done, or it is too large to be read whole; then it must not be kept.
 */
export async function cleanInfoFile(path: string, jobFolder: string): Promise<boolean> {
  try {
    const info: unknown = JSON.parse(await readFolderRecord(path));
    await writeFolderRecord(path, JSON.stringify(cleanInfo(info, jobFolder)));
    return true;
  } catch {
    return false;
  }
}

export function cleanInfo(value: unknown, jobFolder: string): unknown {
  if (typeof value === 'string') return value.replaceAll(jobFolder, '');
  if (Array.isArray(value)) return value.map((entry) => cleanInfo(entry, jobFolder));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !DROPPED.has(key) && !key.startsWith('_'));
  return Object.fromEntries(
    kept.map(([key, entry]) => [
      key,
      STREAM_LINKS.has(key) && typeof entry === 'string'
        ? withoutSignature(entry)
        : cleanInfo(entry, jobFolder),
    ]),
  );
}

function withoutSignature(link: string): string {
  const url = parseUrl(link);
  if (url === null) return '';
  const { protocol, host, pathname } = url;
  return /^https?:$/.test(protocol) ? `${protocol}//${host}${pathname}` : '';
}
