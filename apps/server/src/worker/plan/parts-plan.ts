import type { Part, Selection } from '@artemis/contracts';
import { planOf, type DownloadPlan, type OptionalPart } from './plan.ts';

const ALL_OF: Readonly<Record<Part, OptionalPart>> = {
  subtitles: 'subtitles',
  thumbnail: 'thumbnail',
  metadata: 'metadata',
  sponsorblock: 'sponsorblock',
};

export interface PartsPlans {
  /** The plan of the whole download, reduced to these parts. */
  readonly whole: DownloadPlan;
  /** Fetches the files of these parts, whether they stay beside the media or go into it. */
  readonly fetching: DownloadPlan;
  /** Puts them into the media file; null when nothing goes into it. */
  readonly embedding: DownloadPlan | null;
}

/** The runs that fetch the missing parts of a stored download, with the choices of that download. */
export function partsPlans(
  selection: Selection,
  parts: readonly Part[],
  leftOut: ReadonlySet<OptionalPart>,
): PartsPlans {
  const others = (Object.keys(ALL_OF) as Part[]).filter((part) => !parts.includes(part));
  const plan = planOf(selection, new Set([...leftOut, ...others.map((part) => ALL_OF[part])]));
  const isInfoWritten = plan.isInfoWritten && parts.includes('metadata');
  const embedding: DownloadPlan = {
    ...plan,
    step: 'embedding',
    subtitles: plan.subtitles?.isEmbedded === true ? plan.subtitles : null,
    // yt-dlp deletes a thumbnail after embedding it, unless it is to be written beside the media as well.
    isThumbnailWritten: plan.isThumbnailWritten && plan.isThumbnailEmbedded,
    isInfoWritten: false,
    section: null,
  };
  const isEmbedding =
    embedding.subtitles !== null ||
    embedding.isThumbnailEmbedded ||
    embedding.isMetadataEmbedded ||
    embedding.areChaptersEmbedded ||
    embedding.sponsorblock !== null;
  return {
    whole: { ...plan, isInfoWritten },
    fetching: {
      ...plan,
      step: 'parts',
      subtitles: plan.subtitles && { ...plan.subtitles, isEmbedded: false },
      isThumbnailWritten: plan.isThumbnailWritten || plan.isThumbnailEmbedded,
      isThumbnailEmbedded: false,
      isMetadataEmbedded: false,
      areChaptersEmbedded: false,
      sponsorblock: null,
      section: null,
      isInfoWritten,
    },
    embedding: isEmbedding ? embedding : null,
  };
}
