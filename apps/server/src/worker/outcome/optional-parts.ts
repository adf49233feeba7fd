import { say, type Said, type DownloadWarning, type WarningCode } from '@artemis/contracts';
import { DISK_FULL_WORDS } from '../../error-code.ts';
import { detailed } from '../output/detailed-warning.ts';
import { errorsOf } from '../failure/failure.ts';
import { isAtOptionalPart, OPTIONAL_STEPS } from '../plan/optional-steps.ts';
import type { DownloadPlan, OptionalPart } from '../plan/plan.ts';
import type { RunResult } from '../run/run-result.ts';

/** Larger than the file limit or than the memory of the job. A MemoryError prints no message. */
const EXHAUSTED = /\[Errno 27\]|File too large|MemoryError|RecursionError|^ERROR:\s*$/;
/** Up to this many failing languages are left out one by one; when more fail, all subtitles are left out. */
const MAX_LANGUAGES_LEFT_OUT = 2;

/**
 * The optional part, if any, that made a run fail; the next run leaves it out, so that the media does not fail with its
 * subtitles, thumbnail, SponsorBlock segments or metadata.
 */
export function failedPart(
  { lines, openStep, end, exit }: Pick<RunResult, 'lines' | 'openStep' | 'end' | 'exit'>,
  plan: DownloadPlan,
  leftOut: ReadonlySet<OptionalPart>,
): OptionalPart | null {
  const error = errorsOf(lines).at(-1) ?? '';
  // A full disk is not the fault of the part: it can be fetched when there is space again.
  if (DISK_FULL_WORDS.test(error)) return null;
  if (end === 'part-failed') {
    const part = openStep === null ? null : OPTIONAL_STEPS[openStep];
    // Some extractors fetch subtitles before anything is printed; nothing else optional is fetched that early.
    const fallback = plan.subtitles === null ? null : 'subtitles';
    return part ?? partInProgress(lines, plan, leftOut) ?? fallback;
  }
  const language = /Unable to download video subtitles for '([^']+)'/.exec(error)?.[1];
  if (language !== undefined) return subtitlePart(language, plan, leftOut);
  if (error.includes('Cannot write video subtitles')) return 'subtitles';
  if (error.includes('--live-from-start is passed')) return 'from_start';
  if (error.includes('SponsorBlock')) return 'sponsorblock';
  // These errors end a standalone yt-dlp.
  if (openStep === null && EXHAUSTED.test(error) && isAtOptionalPart(lines, openStep)) {
    return partInProgress(lines, plan, leftOut);
  }
  // A run that was killed from outside may succeed the next time.
  if (openStep === null || exit.status === null) return null;
  const part = OPTIONAL_STEPS[openStep];
  if (part !== undefined || error === '') return part ?? null;
  // The container does not fit, unless the streams themselves are at fault: those fit into no container.
  if (
    ['Merger', 'VideoRemuxer'].includes(openStep) &&
    !/The file is no media|Errno 27|File too large/.test(error)
  ) {
    if (plan.container !== null) return 'container';
    return plan.isThumbnailEmbedded && openStep === 'VideoRemuxer' ? 'embed_thumbnail' : null;
  }
  return null;
}

/** Messages of parts that yt-dlp skips without an error. */
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

/** yt-dlp first writes a thumbnail under the name of the media; with the extension mp4 it would pass for the media. */
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

/** For the log. */
export function leftOutSentence(part: OptionalPart): Said {
  return say('CONTINUING_WITHOUT', { part });
}

export function warningOf(part: OptionalPart): WarningCode | DownloadWarning {
  // The subtitles stay beside the media.
  if (part === 'embed_subtitles') return detailed('OPTION_IGNORED', 'subtitles.embed');
  if (part.includes('subtitle')) return 'SUBTITLES_MISSING';
  if (part.includes('thumbnail')) return 'THUMBNAIL_MISSING';
  if (part === 'container') return 'CONTAINER_SHORTFALL';
  if (part === 'from_start') return 'LIVE_FROM_NOW';
  return part === 'sponsorblock' ? 'SPONSORBLOCK_MISSING' : 'METADATA_MISSING';
}
