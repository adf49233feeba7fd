import {
  fieldsOf,
  listOf,
  numberOf,
  parseJson,
  stringOf,
  type JsonFields,
} from '../engine/json-values.ts';

/**
 * The lines that yt-dlp prints for Artemis, and their parser. Each line begins with the random word (nonce) of its run, and
 * every value is JSON, so that no title, file name or message of a site can pass for one of these lines.
 */

const VIDEO_FIELDS = [
  'id',
  'duration',
  'upload_date',
  'extractor',
  'webpage_url',
  'url',
  'width',
  'height',
  'fps',
  'vcodec',
  'acodec',
  'language',
  'ext',
  'format_id',
  'protocol',
  'filesize',
  'filesize_approx',
  'tbr',
  'is_live',
  'live_status',
  'direct',
  'playlist_count',
  'playlist_index',
];

/** People write these texts, so they may have any length; a line over 1 MiB is dropped (`MAX_LINE_BYTES`). */
const TEXT_FIELDS = ['title', 'uploader', 'channel', 'playlist_title'] as const;
const MOST_CHARACTERS = 2000;

const FORMAT_FIELDS = [
  'format_id',
  'filesize',
  'filesize_approx',
  'tbr',
  'vcodec',
  'acodec',
  'language',
  'protocol',
];

const PROGRESS_FIELDS = [
  'status',
  'downloaded_bytes',
  'total_bytes',
  'total_bytes_estimate',
  'fragment_index',
  'fragment_count',
];

const TAB = '\t';

/** Arguments of `--print` and `--progress-template`. The nonce consists of letters and digits. */
export function outputTemplates(nonce: string) {
  return {
    video: [
      `video:${nonce}`,
      'video',
      `%(.{${VIDEO_FIELDS.join(',')}})j`,
      `%(requested_formats.:.{${FORMAT_FIELDS.join(',')}})j`,
      '%(sponsorblock_chapters.:.{start_time,end_time})j',
      ...TEXT_FIELDS.map((field) => `%(${field}.:${MOST_CHARACTERS})j`),
    ].join(TAB),
    file: [
      `after_move:${nonce}`,
      'file',
      '%(filepath)j',
      '%(chapters.:.{start_time,end_time})j',
    ].join(TAB),
    download: [
      `download:${nonce}`,
      'download',
      `%(progress.{${PROGRESS_FIELDS.join(',')}})j`,
      '%(info.format_id)j',
    ].join(TAB),
    postprocess: [
      `postprocess:${nonce}`,
      'postprocess',
      '%(progress.{status,postprocessor})j',
    ].join(TAB),
  } as const;
}

export interface FormatInfo {
  readonly formatId: string;
  readonly sizeBytes: number | null;
  /** The site states the size; otherwise yt-dlp estimates it. */
  readonly isSizeExact: boolean;
  /** In kbit/s. */
  readonly bitrate: number | null;
  readonly hasVideo: boolean;
  /** As the site writes it; absent for a stream without sound, and where the site does not say it. */
  readonly soundLanguage?: string;
  readonly protocol: string | null;
}

export interface VideoInfo {
  readonly fields: JsonFields;
  /** The streams that yt-dlp will fetch, in this order; never empty. */
  readonly formats: readonly FormatInfo[];
  readonly durationSeconds: number | null;
  readonly isLive: boolean;
  /** Total length of the SponsorBlock segments; overlaps count once. */
  readonly sponsorSeconds: number;
}

export interface StreamProgress {
  readonly formatId: string | null;
  readonly isFinished: boolean;
  readonly downloadedBytes: number | null;
  readonly totalBytes: number | null;
  readonly estimatedBytes: number | null;
  readonly fragmentIndex: number | null;
  readonly fragmentCount: number | null;
}

export type OutputMessage =
  | { readonly kind: 'video'; readonly video: VideoInfo }
  | { readonly kind: 'download'; readonly progress: StreamProgress }
  | { readonly kind: 'postprocess'; readonly name: string; readonly isFinished: boolean }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** The chapters of the finished file. */
      readonly chapters: readonly ChapterSpan[];
    };

export interface ChapterSpan {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** The message in one of our lines; null for any other line. */
export function parseOutputLine(line: string, nonce: string): OutputMessage | null {
  const [word, kind, ...values] = line.split(TAB);
  if (word !== nonce || kind === undefined) return null;
  // yt-dlp prints `NA`, which is no JSON, for a value that it does not know.
  const [first, second, third, ...texts] = values.map(parseJson);
  switch (kind) {
    case 'video':
      return {
        kind,
        video: videoInfo({ ...fieldsOf(first), ...named(texts) }, listOf(second), listOf(third)),
      };
    case 'download':
      return { kind, progress: streamProgress(fieldsOf(first), second) };
    case 'postprocess': {
      const { status, postprocessor } = fieldsOf(first);
      return { kind, name: String(postprocessor), isFinished: status === 'finished' };
    }
    case 'file':
      return typeof first === 'string'
        ? { kind, path: first, chapters: listOf(second).map(fieldsOf).map(chapterSpan) }
        : null;
    default:
      return null;
  }
}

function named(texts: readonly unknown[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    TEXT_FIELDS.flatMap((field, index) => {
      const text = texts[index];
      return typeof text === 'string' ? [[field, text]] : [];
    }),
  );
}

function videoInfo(
  fields: JsonFields,
  requested: readonly unknown[],
  sponsors: readonly unknown[],
): VideoInfo {
  const formats = (requested.length > 0 ? requested.map(fieldsOf) : [fields]).map(formatInfo);
  return {
    fields,
    formats,
    durationSeconds: numberOf(fields['duration']),
    isLive: fields['is_live'] === true,
    sponsorSeconds: unionSeconds(sponsors.map(fieldsOf)),
  };
}

function formatInfo(fields: JsonFields): FormatInfo {
  const language = fields['acodec'] === 'none' ? null : stringOf(fields['language']);
  return {
    formatId: stringOf(fields['format_id']) ?? '',
    sizeBytes: numberOf(fields['filesize']) ?? numberOf(fields['filesize_approx']),
    isSizeExact: numberOf(fields['filesize']) !== null,
    bitrate: numberOf(fields['tbr']),
    hasVideo: fields['vcodec'] !== 'none',
    protocol: stringOf(fields['protocol']),
    ...(language === null ? {} : { soundLanguage: language }),
  };
}

function chapterSpan(fields: JsonFields): ChapterSpan {
  return {
    startSeconds: numberOf(fields['start_time']) ?? 0,
    endSeconds: numberOf(fields['end_time']) ?? Infinity,
  };
}

function streamProgress(fields: JsonFields, formatId: unknown): StreamProgress {
  return {
    formatId: stringOf(formatId),
    isFinished: fields['status'] === 'finished',
    downloadedBytes: numberOf(fields['downloaded_bytes']),
    totalBytes: numberOf(fields['total_bytes']),
    estimatedBytes: numberOf(fields['total_bytes_estimate']),
    fragmentIndex: numberOf(fields['fragment_index']),
    fragmentCount: numberOf(fields['fragment_count']),
  };
}

function unionSeconds(segments: readonly JsonFields[]): number {
  const spans = segments
    .map(
      ({ start_time: start, end_time: end }) => [numberOf(start) ?? 0, numberOf(end) ?? 0] as const,
    )
    .sort(([a], [b]) => a - b);
  let total = 0;
  let reached = 0;
  for (const [start, end] of spans) {
    total += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return total;
}

/** Removes the data that yt-dlp smuggles to itself in a link; every other place refuses a link that has them. */
export function withoutSmuggled(url: string): string {
  return url.replace(/#__youtubedl_smuggle=.*$/, '');
}
