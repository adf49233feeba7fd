import type { WarningCode } from '@artemis/contracts';
import { errorsOf } from './failure.ts';
import type { DownloadPlan, OptionalPart } from './plan.ts';
import type { RunResult } from './yt-dlp-run.ts';

const STEPS: Readonly<Record<string, OptionalPart>> = {
  SubtitlesConvertor: 'subtitles',
  EmbedSubtitle: 'embed_subtitles',
  ThumbnailsConvertor: 'thumbnail',
  EmbedThumbnail: 'embed_thumbnail',
  Metadata: 'metadata',
  SponsorBlock: 'sponsorblock',
  ModifyChapters: 'sponsorblock',
};
/** One language that fails is left out alone; when more fail, the site does not want to give any. */
const MAX_LANGUAGES_LEFT_OUT = 2;

/**
 * The part of the download, if any, without which the next run would get further: subtitles, thumbnail,
 * SponsorBlock and metadata may fail, the media must not fail with them.
 */
export function failedPart(
  { lines, openStep }: Pick<RunResult, 'lines' | 'openStep'>,
  plan: DownloadPlan,
  leftOut: ReadonlySet<OptionalPart>,
): OptionalPart | null {
  const error = errorsOf(lines).at(-1);
  // A full disk or a limit is no fault of the part.
  if (error === undefined || /\[Errno (27|28|122)\]|No space left|File too large/.test(error)) {
    return null;
  }
  const language = /Unable to download video subtitles for '([^']+)'/.exec(error)?.[1];
  if (language !== undefined) {
    const asked = plan.subtitles?.languages?.find((tag) => tag === language);
    const count = [...leftOut].filter((part) => part.startsWith('subtitle:')).length;
    return asked === undefined || count >= MAX_LANGUAGES_LEFT_OUT
      ? 'subtitles'
      : `subtitle:${asked}`;
  }
  if (error.includes('Cannot write video subtitles')) return 'subtitles';
  if (error.includes('SponsorBlock')) return 'sponsorblock';
  return openStep === null ? null : (STEPS[openStep] ?? null);
}

export function warningOf(part: OptionalPart): WarningCode {
  if (part.includes('subtitle')) return 'SUBTITLES_MISSING';
  if (part.includes('thumbnail')) return 'THUMBNAIL_MISSING';
  return part === 'sponsorblock' ? 'SPONSORBLOCK_MISSING' : 'METADATA_MISSING';
}
