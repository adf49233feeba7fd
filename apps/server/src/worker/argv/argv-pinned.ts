import type { ArgvContext, ArgvRow } from './argv-row.ts';
import { inputWordsOfBinary } from './binary-inputs.ts';
import { outputTemplates } from '../output/output-lines.ts';
import { KNOWN_INFO_FILE } from '../work-folder/site-info.ts';

const templates = ({ nonce }: ArgvContext) => outputTemplates(nonce);
const isBinary = ({ engine }: ArgvContext) => engine.kind === 'binary';
const isContinued = ({ segmentsLookedBack }: ArgvContext) => (segmentsLookedBack ?? 0) > 0;
/** As a shell would read them: so does yt-dlp. */
const tlsWords = ({ engine: { authorities } }: ArgvContext) => [
  '-tls_verify 1',
  ...(authorities ? [`-ca_file '${authorities.replaceAll("'", `'"'"'`)}'`] : []),
];
const hasMedia = ({ plan }: ArgvContext) => plan.hasMedia;

/** What every run gets, whatever was asked for. */
export const PINNED_ROWS: readonly ArgvRow[] = [
  { option: '--ignore-config', meaning: 'Ignores the configuration files of yt-dlp.' },
  {
    option: '--no-plugin-dirs',
    since: '2025.03.21',
    meaning: ({ engine }) =>
      engine.pluginsDir ? 'Loads no plugins from anywhere else.' : 'Loads no plugins.',
  },
  {
    option: '--plugin-dirs',
    since: '2025.03.21',
    when: ({ engine }) => Boolean(engine.pluginsDir),
    value: ({ engine }) => engine.pluginsDir ?? '',
    meaning: 'Loads the plugins that the owner of this server has put there.',
  },
  {
    option: '--extractor-args',
    when: ({ engine }) => Boolean(engine.potProviderUrl),
    value: ({ engine }) => `youtubepot-bgutilhttp:base_url=${engine.potProviderUrl}`,
    meaning: 'Tells a plugin for YouTube where PO tokens are made.',
  },
  {
    option: '--no-remote-components',
    since: '2025.11.12',
    meaning: 'Downloads no program code for yt-dlp itself.',
  },
  { option: '--no-cache-dir', meaning: 'Keeps nothing outside the folder of this download.' },
  {
    option: '--no-js-runtimes',
    since: '2025.11.12',
    meaning: 'Forgets the JavaScript runtimes that yt-dlp would look for itself.',
  },
  {
    option: '--js-runtimes',
    since: '2025.11.12',
    when: ({ engine }) => engine.jsRuntime !== null,
    value: ({ engine }) => `${engine.jsRuntime?.name}:${engine.jsRuntime?.path}`,
    meaning: 'Solves the challenges of YouTube with this JavaScript runtime.',
  },
  {
    option: '--proxy',
    when: ({ isProxyForAll }) => !isProxyForAll,
    value: '',
    meaning: 'Connects directly, whatever the environment says.',
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
      isBinary(context)
        ? 'Keeps ffmpeg from other files and protocols, and makes it check the certificates of sites.'
        : 'Makes ffmpeg check the certificates of sites.',
  },
  {
    option: '--postprocessor-args',
    when: isBinary,
    value: () => `ffmpeg_i:${inputWordsOfBinary().stored}`,
    meaning: 'Lets ffmpeg open media alone, and nothing that names other files.',
  },
  {
    option: '--load-info-json',
    when: ({ isInfoKnown }) => isInfoKnown === true,
    value: KNOWN_INFO_FILE,
    meaning: 'Begins from what a look at the link has read, instead of asking the site again.',
  },
  {
    option: '--default-search',
    value: 'error',
    meaning: 'Takes the text as a link and never as words to search for.',
  },
  { option: '--color', since: '2023.06.21', value: 'never', meaning: 'Prints without colours.' },
  { option: '--no-quiet', meaning: 'Says what it is doing, for the log of this download.' },
  { option: '--progress', meaning: 'Reports progress.' },
  { option: '--newline', meaning: 'Reports progress in lines.' },
  {
    option: '--progress-delta',
    since: '2024.04.09',
    value: '0.25',
    meaning: 'Reports progress four times a second at most.',
  },
  {
    option: '--progress-template',
    value: (context) => templates(context).download,
    meaning: 'Reports the progress of each stream in a form that is read by this program.',
  },
  {
    option: '--progress-template',
    value: (context) => templates(context).postprocess,
    meaning: 'Reports each step after the download.',
  },
  {
    option: '--print',
    value: (context) => templates(context).video,
    meaning: 'Reports title, length, formats and sizes once they are known.',
  },
  {
    option: '--print',
    when: hasMedia,
    value: (context) => templates(context).file,
    meaning: 'Reports where the finished file lies.',
  },
  {
    option: '--concurrent-fragments',
    when: hasMedia,
    value: ({ plan }) => (plan.options.rate_limit_kbps === undefined ? '8' : '1'),
    meaning: ({ plan }) =>
      plan.options.rate_limit_kbps === undefined
        ? 'Fetches eight fragments of a stream at a time.'
        : 'Fetches one fragment at a time, since yt-dlp limits the speed of each one by itself.',
  },
  {
    // Not shown in the help of yt-dlp; unlike `--downloader` it can name no program.
    option: '--hls-prefer-ffmpeg',
    when: ({ isHlsByFfmpeg }) => isHlsByFfmpeg === true,
    meaning: 'Leaves an HLS stream to ffmpeg that yt-dlp cannot put together.',
  },
  { option: '--socket-timeout', value: '15', meaning: 'Gives up a silent connection after 15 s.' },
  { option: '--retries', value: '5', meaning: 'Tries a broken transfer five times more.' },
  { option: '--fragment-retries', value: '5', meaning: 'Tries a broken fragment five times more.' },
  {
    option: '--retry-sleep',
    since: '2022.06.22',
    value: 'http:exp=1:20',
    meaning: 'Waits 1, 2, 4, … up to 20 s between these tries.',
  },
  {
    option: '--abort-on-unavailable-fragments',
    when: (context) => hasMedia(context) && context.areHolesKept !== true,
    meaning: 'Fails when a fragment is missing, instead of leaving a hole.',
  },
  {
    option: '--skip-unavailable-fragments',
    when: ({ areHolesKept }) => areHolesKept === true,
    meaning: 'Leaves a hole where a fragment is missing, as was asked for.',
  },
  {
    option: '--fixup',
    when: hasMedia,
    value: 'force',
    meaning: 'Repairs the container also of a file that an earlier attempt has fetched.',
  },
  { option: '--no-mtime', meaning: 'Dates files by when they were downloaded.' },
  { option: '--continue', when: hasMedia, meaning: 'Continues partial files.' },
  { option: '--part', when: hasMedia, meaning: 'Marks unfinished files as such.' },
  { option: '--windows-filenames', meaning: 'Uses names that every system can store.' },
  {
    option: '--output',
    when: hasMedia,
    value: 'media.%(ext)s',
    meaning: 'Writes under a fixed name; the file gets its final name when it is stored.',
  },
  {
    option: '--no-playlist',
    when: ({ plan }) => !plan.isFlat,
    meaning: 'Takes only the video when the link names a video in a playlist.',
  },
  {
    option: '--playlist-items',
    when: ({ plan }) => !plan.isFlat,
    value: ({ plan }) => plan.listItems,
    meaning: ({ plan }) =>
      plan.listItems === '1'
        ? 'Takes only the first entry when the link is a list.'
        : 'Takes only this entry when the link is a list.',
  },
];
