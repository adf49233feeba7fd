import type { Part, Selection } from '@artemis/contracts';
import { planOf, type DownloadPlan, type OptionalPart } from './plan.ts';

const ALL_OF: Readonly<Record<Part, OptionalPart>> = {
  subtitles: 'subtitles',
  thumbnail: 'thumbnail',
  metadata: 'metadata',
  sponsorblock: 'sponsorblock',
};

export interface PartsPlans {
  /** The download with these parts alone. */
  readonly whole: DownloadPlan;
  /** Fetches what lies beside the media or will be put into it. */
  readonly fetching: DownloadPlan;
  /** Null when nothing goes into the media file. */
  readonly embedding: DownloadPlan | null;
}

/** How the missing parts of a stored download are had, with the same choices as the download. */
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
    // yt-dlp removes a picture that it has embedded, unless it is wanted beside the media as well.
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
