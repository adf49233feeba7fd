import type { OptionalPart } from './plan.ts';

/** Postprocessors of yt-dlp, and the optional part of a download that is lost when only this step fails. */
export const OPTIONAL_STEPS: Readonly<Record<string, OptionalPart>> = {
  SubtitlesConvertor: 'subtitles',
  EmbedSubtitle: 'embed_subtitles',
  ThumbnailsConvertor: 'thumbnail',
  EmbedThumbnail: 'embed_thumbnail',
  Metadata: 'metadata',
  SponsorBlock: 'sponsorblock',
  ModifyChapters: 'sponsorblock',
};

/** Whether a run was busy with an optional part of the download, judged by its open step and its last lines. */
export function isAtOptionalPart(lines: readonly string[], openStep: string | null): boolean {
  if (openStep !== null) return Object.hasOwn(OPTIONAL_STEPS, openStep);
  const last = lines.findLast((line) =>
    /^\[info\] (Writing video|Downloading video thumbnail)|^\[download\] Destination: /.test(line),
  );
  if (last === undefined) return false;
  const name = /^\[download\] Destination: (.+)$/.exec(last)?.[1];
  return name === undefined
    ? /subtitles|thumbnail/.test(last)
    : lines.includes(`[info] Writing video subtitles to: ${name}`);
}
