import { say } from '@artemis/contracts';
import type { ArgvContext, ArgvRow } from './argv-row.ts';
import { inputWordsOfBinary } from './binary-inputs.ts';
import { outputTemplates } from '../output/output-lines.ts';
import { KNOWN_INFO_FILE } from '../work-folder/site-info.ts';

const templates = ({ nonce }: ArgvContext) => outputTemplates(nonce);
const isBinary = ({ engine }: ArgvContext) => engine.kind === 'binary';
const isContinued = ({ segmentsLookedBack }: ArgvContext) => (segmentsLookedBack ?? 0) > 0;
/** Quoted as for a shell, because yt-dlp splits the value as a shell does. */
const tlsWords = ({ engine: { authorities } }: ArgvContext) => [
  '-tls_verify 1',
  ...(authorities ? [`-ca_file '${authorities.replaceAll("'", `'"'"'`)}'`] : []),
];
const hasMedia = ({ plan }: ArgvContext) => plan.hasMedia;

/** Arguments of every run, whatever the selection. */
export const PINNED_ROWS: readonly ArgvRow[] = [
  { option: '--ignore-config', meaning: say('ARG_IGNORE_CONFIG') },
  {
    option: '--no-plugin-dirs',
    since: '2025.03.21',
    meaning: ({ engine }) =>
      engine.pluginsDir ? say('ARG_NO_OTHER_PLUGINS') : say('ARG_NO_PLUGINS'),
  },
  {
    option: '--plugin-dirs',
    since: '2025.03.21',
    when: ({ engine }) => Boolean(engine.pluginsDir),
    value: ({ engine }) => engine.pluginsDir ?? '',
    meaning: say('ARG_OWN_PLUGINS'),
  },
  {
    option: '--extractor-args',
    when: ({ engine }) => Boolean(engine.potProviderUrl),
    value: ({ engine }) => `youtubepot-bgutilhttp:base_url=${engine.potProviderUrl}`,
    meaning: say('ARG_PO_TOKENS'),
  },
  {
    option: '--no-remote-components',
    since: '2025.11.12',
    meaning: say('ARG_NO_REMOTE_CODE'),
  },
  { option: '--no-cache-dir', meaning: say('ARG_NO_CACHE') },
  {
    option: '--no-js-runtimes',
    since: '2025.11.12',
    meaning: say('ARG_NO_OTHER_RUNTIMES'),
  },
  {
    option: '--js-runtimes',
    since: '2025.11.12',
    when: ({ engine }) => engine.jsRuntime !== null,
    value: ({ engine }) => `${engine.jsRuntime?.name}:${engine.jsRuntime?.path}`,
    meaning: say('ARG_RUNTIME'),
  },
  {
    option: '--proxy',
    when: ({ isProxyForAll }) => !isProxyForAll,
    value: '',
    meaning: say('ARG_NO_PROXY'),
  },
  {
    option: '--downloader-args',
    when: (context) => context.isTlsVerifiedByFfmpeg || isBinary(context) || isContinued(context),
    value: (context) =>
      `ffmpeg_i:${[
        ...(context.isTlsVerifiedByFfmpeg ? tlsWords(context) : []),
        ...(isContinued(context) ? [`-live_start_index -${context.segmentsLookedBack}`] : []),
        ...(isBinary(context) ? [inputWordsOfBinary().streamed] : []),
      ].join(' ')}`,
    meaning: (context) =>
      isBinary(context) ? say('ARG_FFMPEG_IS_CONFINED') : say('ARG_FFMPEG_CHECKS'),
  },
  {
    option: '--postprocessor-args',
    when: isBinary,
    value: () => `ffmpeg_i:${inputWordsOfBinary().stored}`,
    meaning: say('ARG_FFMPEG_MEDIA_ALONE'),
  },
  {
    option: '--load-info-json',
    when: ({ isInfoKnown }) => isInfoKnown === true,
    value: KNOWN_INFO_FILE,
    meaning: say('ARG_KNOWN_INFO'),
  },
  {
    option: '--default-search',
    value: 'error',
    meaning: say('ARG_LINK_NOT_SEARCH'),
  },
  { option: '--color', since: '2023.06.21', value: 'never', meaning: say('ARG_NO_COLOURS') },
  { option: '--no-quiet', meaning: say('ARG_NOT_QUIET') },
  { option: '--progress', meaning: say('ARG_PROGRESS') },
  { option: '--newline', meaning: say('ARG_PROGRESS_LINES') },
  {
    option: '--progress-delta',
    since: '2024.04.09',
    value: '0.25',
    meaning: say('ARG_PROGRESS_RATE'),
  },
  {
    option: '--progress-template',
    value: (context) => templates(context).download,
    meaning: say('ARG_PROGRESS_FORM'),
  },
  {
    option: '--progress-template',
    value: (context) => templates(context).postprocess,
    meaning: say('ARG_STEPS_FORM'),
  },
  {
    option: '--print',
    value: (context) => templates(context).video,
    meaning: say('ARG_VIDEO_FORM'),
  },
  {
    option: '--print',
    when: hasMedia,
    value: (context) => templates(context).file,
    meaning: say('ARG_FILE_FORM'),
  },
  {
    option: '--concurrent-fragments',
    when: hasMedia,
    value: ({ plan }) => (plan.options.rate_limit_kbps === undefined ? '8' : '1'),
    meaning: ({ plan }) =>
      plan.options.rate_limit_kbps === undefined
        ? say('ARG_EIGHT_FRAGMENTS')
        : say('ARG_ONE_FRAGMENT'),
  },
  {
    // The help of yt-dlp hides this option. Unlike `--downloader` it cannot name a program to run.
    option: '--hls-prefer-ffmpeg',
    when: ({ isHlsByFfmpeg }) => isHlsByFfmpeg === true,
    meaning: say('ARG_HLS_BY_FFMPEG'),
  },
  { option: '--socket-timeout', value: '15', meaning: say('ARG_SOCKET_TIMEOUT') },
  { option: '--retries', value: '5', meaning: say('ARG_RETRIES') },
  { option: '--fragment-retries', value: '5', meaning: say('ARG_FRAGMENT_RETRIES') },
  {
    option: '--retry-sleep',
    since: '2022.06.22',
    value: 'http:exp=1:20',
    meaning: say('ARG_RETRY_SLEEP'),
  },
  {
    option: '--abort-on-unavailable-fragments',
    when: (context) => hasMedia(context) && context.areHolesKept !== true,
    meaning: say('ARG_NO_HOLES'),
  },
  {
    option: '--skip-unavailable-fragments',
    when: ({ areHolesKept }) => areHolesKept === true,
    meaning: say('ARG_HOLES'),
  },
  {
    option: '--fixup',
    when: hasMedia,
    value: 'force',
    meaning: say('ARG_FIXUP'),
  },
  { option: '--no-mtime', meaning: say('ARG_NO_MTIME') },
  { option: '--continue', when: hasMedia, meaning: say('ARG_CONTINUE') },
  { option: '--part', when: hasMedia, meaning: say('ARG_PART') },
  { option: '--windows-filenames', meaning: say('ARG_NAMES') },
  {
    option: '--output',
    when: hasMedia,
    value: 'media.%(ext)s',
    meaning: say('ARG_OUTPUT'),
  },
  {
    option: '--no-playlist',
    when: ({ plan }) => !plan.isFlat,
    meaning: say('ARG_NO_PLAYLIST'),
  },
  {
    option: '--playlist-items',
    when: ({ plan }) => !plan.isFlat,
    value: ({ plan }) => plan.listItems,
    meaning: ({ plan }) =>
      plan.listItems === '1' ? say('ARG_FIRST_ENTRY') : say('ARG_THIS_ENTRY'),
  },
];
