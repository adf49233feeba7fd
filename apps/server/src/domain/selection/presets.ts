import { createHash } from 'node:crypto';
import {
  DEFAULT_SELECTION,
  FORMAT_PRESETS,
  optionConflicts,
  say,
  sayAgain,
  type CreateDownloads,
  type DownloadOptions,
  type FormatPreset,
  type ProblemDetail,
  type Said,
  type Selection,
  parseUrl,
} from '@artemis/contracts';
import { RequestError } from '../errors.ts';
import { knownFolder, templateProblem } from './file-name.ts';
import { unknownLanguages } from './language-tags.ts';
import { playlistProblems } from './playlist-options.ts';
import type { CheckProxy } from '../links/url-policy.ts';
import type { FileStore } from '../ports.ts';

export const PRESET_DESCRIPTIONS: Readonly<Record<FormatPreset, string>> = {
  'Smart (best combined)': 'The best video and the best audio, joined and ready to watch.',
  'Video + Audio (muxed)': 'MP4 video with M4A audio, for players that want exactly that.',
  'Audio only': 'The best audio, in the codec of your choice.',
  'Subtitle + metadata': 'The media with subtitles, thumbnail and metadata JSON beside it.',
  'Playlist (flat)': 'Lists the entries of a playlist and downloads nothing.',
};

/**
 * The selection of a request over that of an existing download, or over the defaults.
 * @throws {RequestError} PRESET_UNKNOWN, or VALIDATION_FAILED for options that contradict each other
 */
export function selectionOf(
  request: Pick<CreateDownloads, 'format_preset' | 'quality' | 'options'>,
  current: Selection = DEFAULT_SELECTION,
): Selection {
  const preset = request.format_preset ?? current.format_preset;
  if (!isFormatPreset(preset)) {
    throw new RequestError(
      'PRESET_UNKNOWN',
      `format_preset must be one of: ${FORMAT_PRESETS.join(', ')}.`,
      { details: [{ path: '/format_preset', ...say('PRESET_NOT_KNOWN') }] },
    );
  }
  const options = request.options ?? current.options;
  const quality = request.quality ?? current.quality;
  const selection: Selection = { format_preset: preset, quality, options };
  requireNone(optionProblems(selection));
  return selection;
}

/** @throws {RequestError} VALIDATION_FAILED when the proxy is one that no download may connect to */
export function requireUsableProxy({ options }: Selection, checkProxy: CheckProxy): void {
  const why = options.proxy === undefined ? null : checkProxy(options.proxy);
  if (why !== null) requireNone([{ path: '/options/proxy', ...saidOr(why) }]);
}

/** @throws {RequestError} VALIDATION_FAILED for languages of subtitles that nobody knows and no probe has listed */
export function requireKnownLanguages(
  { options }: Selection,
  isListed: (tag: string) => boolean,
): void {
  requireNone(unknownLanguages(options, isListed));
}

/**
 * @throws {RequestError} VALIDATION_FAILED when its folder is a file, or a link of somebody. Reads no disk when the options
 * name no folder.
 */
export async function requireUsableFolder(
  { directory, name_template: template }: DownloadOptions,
  files: Pick<FileStore, 'folderProblem'>,
): Promise<void> {
  for (const [path, named] of [
    ['/options/directory', { directory }],
    ['/options/name_template', { directory, name_template: template }],
  ] as const) {
    const folder = knownFolder(named);
    const why = folder === '' ? null : await files.folderProblem(folder);
    if (why !== null) requireNone([{ path, ...saidOr(why) }]);
  }
}

function saidOr(words: string | Said): Pick<ProblemDetail, 'message'> & Partial<Said> {
  return typeof words === 'string' ? { message: words } : words;
}

function requireNone(problems: readonly ProblemDetail[]): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new RequestError('VALIDATION_FAILED', `${first.path.slice(1)} ${first.message}.`, {
    details: problems,
  });
}

/**
 * Two selections with the same key would give the same files. Order of keys does not matter. A hash: the text would be kept
 * for each of many thousand waiting downloads.
 */
export function selectionKey(url: string, selection: Selection): string {
  const { format_preset: preset, quality, options } = selection;
  const text = canonicalJson([url, preset, quality, options]);
  return createHash('sha256').update(text).digest('base64url');
}

function isFormatPreset(name: string): name is FormatPreset {
  return (FORMAT_PRESETS as readonly string[]).includes(name);
}

function optionProblems(selection: Selection): ProblemDetail[] {
  const { format_preset: preset, options } = selection;
  const problems: ProblemDetail[] = [];
  if (options.section && seconds(options.section.end) <= seconds(options.section.start)) {
    problems.push({ path: '/options/section/end', ...say('SECTION_IS_REVERSED') });
  }
  if (options.proxy !== undefined && parseUrl(options.proxy) === null) {
    problems.push({ path: '/options/proxy', ...say('PROXY_IS_NO_ADDRESS') });
  }
  const conflicts = optionConflicts(selection).map(({ path, ...why }) => ({
    path,
    ...sayAgain(why),
  }));
  problems.push(...playlistProblems(options, preset), ...conflicts);
  if (options.name_template !== undefined) {
    const said = templateProblem(options.name_template);
    if (said) problems.push({ path: '/options/name_template', ...said });
  }
  if (options.directory !== undefined) {
    const said = directoryProblem(options.directory);
    if (said) problems.push({ path: '/options/directory', ...said });
  }
  return problems;
}

/** Seconds of a time given as a number, `mm:ss` or `hh:mm:ss`. */
export function seconds(time: number | string): number {
  if (typeof time === 'number') return time;
  return time.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}

function directoryProblem(directory: string): Said | null {
  const parts = directory.split('/');
  if (directory.startsWith('/') || directory.includes('\\')) {
    return say('MUST_BE_FOLDER_BELOW');
  }
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.startsWith('.'))) {
    return say('FOLDER_HAS_EMPTY_PARTS');
  }
  if (parts.some((part) => Buffer.byteLength(part) > 200 || /[\p{Cc}<>:"|?*]/u.test(part))) {
    return say('FOLDER_HAS_BAD_PART');
  }
  return null;
}

/** The same text for the same content, whatever the order of the keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
