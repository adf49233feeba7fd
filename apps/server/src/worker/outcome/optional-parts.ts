import type { DownloadWarning, WarningCode } from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import { errorsOf } from '../failure/failure.ts';
import { isAtOptionalPart, OPTIONAL_STEPS } from '../plan/optional-steps.ts';
import type { DownloadPlan, OptionalPart } from '../plan/plan.ts';
import type { RunResult } from '../run/yt-dlp-run.ts';

/** Too large for the limit of a file or for the memory of the job. A MemoryError has no words. */
const EXHAUSTED = /\[Errno 27\]|File too large|MemoryError|RecursionError|^ERROR:\s*$/;
/** One language that fails is left out alone; when more fail, the site does not want to give any. */
const MAX_LANGUAGES_LEFT_OUT = 2;

/**
 * The part of the download, if any, without which the next run would get further: subtitles, thumbnail,
 * SponsorBlock and metadata may fail, the media must not fail with them.
 */
export function failedPart(
  { lines, openStep, end, exit }: Pick<RunResult, 'lines' | 'openStep' | 'end' | 'exit'>,
  plan: DownloadPlan,
  leftOut: ReadonlySet<OptionalPart>,
): OptionalPart | null {
  const error = errorsOf(lines).at(-1) ?? '';
  // There will be room later, and then the part as well.
  if (/\[Errno (28|122)\]|No space left|Disk quota/.test(error)) return null;
  if (end === 'part-failed') {
    const part = openStep === null ? null : OPTIONAL_STEPS[openStep];
    // Besides, subtitles alone are asked for, by some extractors before anything else is known.
    const fallback = plan.subtitles === null ? null : 'subtitles';
    return part ?? partInProgress(lines, plan, leftOut) ?? fallback;
  }
  const language = /Unable to download video subtitles for '([^']+)'/.exec(error)?.[1];
  if (language !== undefined) return subtitlePart(language, plan, leftOut);
  if (error.includes('Cannot write video subtitles')) return 'subtitles';
  if (error.includes('--live-from-start is passed')) return 'from_start';
  if (error.includes('SponsorBlock')) return 'sponsorblock';
  // A standalone yt-dlp lets these end it.
  if (openStep === null && EXHAUSTED.test(error) && isAtOptionalPart(lines, openStep)) {
    return partInProgress(lines, plan, leftOut);
  }
  // What was killed from outside may get further the next time.
  if (openStep === null || exit.status === null) return null;
  const part = OPTIONAL_STEPS[openStep];
  if (part !== undefined || error === '') return part ?? null;
  // The streams themselves may be at fault as well; then they do not fit into any other either.
  if (
    ['Merger', 'VideoRemuxer'].includes(openStep) &&
    !/The file is no media|Errno 27|File too large/.test(error)
  ) {
    if (plan.container !== null) return 'container';
    return plan.isThumbnailEmbedded && openStep === 'VideoRemuxer' ? 'embed_thumbnail' : null;
  }
  return null;
}

/** What yt-dlp passes over in silence, with success. */
const PASSED_OVER: readonly (readonly [RegExp, WarningCode])[] = [
  [/^\[SponsorBlock\] SponsorBlock is not supported for /, 'SPONSORBLOCK_MISSING'],
  [
    /^\[EmbedThumbnail\] There (aren't any thumbnails to embed|are no thumbnails on disk)/,
    'THUMBNAIL_MISSING',
  ],
  [/^WARNING: .*Skipping embedding the thumbnail/, 'THUMBNAIL_MISSING'],
  [/^WARNING: .*Going on without SponsorBlock/, 'SPONSORBLOCK_MISSING'],
];

export function missedParts(lines: readonly string[]): WarningCode[] {
  return PASSED_OVER.flatMap(([pattern, code]) =>
    lines.some((line) => pattern.test(line)) ? [code] : [],
  );
}

/** A picture is first written under the name of the media; one that calls itself mp4 would be taken for it. */
export function misnamedThumbnail(lines: readonly string[]): string | null {
  const written = lines.map((line) =>
    /^\[info\] Writing video thumbnail .* to: (media\.\w+)$/.exec(line),
  );
  return written.findLast((found) => found !== null)?.[1] ?? null;
}

function partInProgress(
  lines: readonly string[],
  plan: DownloadPlan,
  leftOut: ReadonlySet<OptionalPart>,
): OptionalPart | null {
  for (const line of [...lines].reverse()) {
    const language = /^\[info\] Writing video subtitles to: media\.([^.]+)\./.exec(line)?.[1];
    if (language !== undefined) return subtitlePart(language, plan, leftOut);
    if (/^\[info\] (Downloading|Writing) video thumbnail /.test(line)) return 'thumbnail';
  }
  return null;
}

function subtitlePart(
  language: string,
  plan: DownloadPlan,
  leftOut: ReadonlySet<OptionalPart>,
): OptionalPart {
  const asked = plan.subtitles?.languages?.find((tag) => tag === language);
  const count = [...leftOut].filter((part) => part.startsWith('subtitle:')).length;
  return asked === undefined || count >= MAX_LANGUAGES_LEFT_OUT ? 'subtitles' : `subtitle:${asked}`;
}

export function warningOf(part: OptionalPart): WarningCode | DownloadWarning {
  // They lie beside the media then.
  if (part === 'embed_subtitles') return detailed('OPTION_IGNORED', 'subtitles.embed');
  if (part.includes('subtitle')) return 'SUBTITLES_MISSING';
  if (part.includes('thumbnail')) return 'THUMBNAIL_MISSING';
  if (part === 'container') return 'CONTAINER_SHORTFALL';
  if (part === 'from_start') return 'LIVE_FROM_NOW';
  return part === 'sponsorblock' ? 'SPONSORBLOCK_MISSING' : 'METADATA_MISSING';
}
