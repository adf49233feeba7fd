import type { EngineExit, LiveGap } from '../engine/engine-connection.ts';
import type {
  ListedSegments,
  RaisedError,
  Refusal,
  SegmentList,
  SiteResponse,
} from '../engine/engine-control.ts';
import type { FfmpegAccount } from '../output/ffmpeg-account.ts';
import type { ChapterSpan, VideoInfo } from '../output/output-lines.ts';

/** Why Artemis itself ended a run. */
export type RunEnd =
  | 'stopped'
  | 'timed-out'
  | 'stalled'
  | 'too-large'
  | 'blocked'
  /** The site has other media than the partial files are from. */
  | 'changed'
  /** A plain-http manifest leads to https, which ffmpeg was not allowed to use. */
  | 'needs-https'
  /** A live recording ends with what it has. */
  | 'recorded'
  /** ffmpeg has lost the playlist of a live stream and stopped recording; the stream itself may go on. */
  | 'interrupted'
  /** The site asks for a pause before the next request that is too long for a process to wait. */
  | 'asked-to-wait'
  /** An optional part has failed before the media was fetched, or has stalled. */
  | 'part-failed';

export interface RunResult {
  readonly exit: EngineExit;
  /** Null: the run ended by itself. */
  readonly end: RunEnd | null;
  /** The first video that yt-dlp named; the only one unless the link is a list. */
  readonly video: VideoInfo | null;
  readonly filePath: string | null;
  /** The chapters of the finished file. */
  readonly chapters: readonly ChapterSpan[];
  /** Printed lines other than Artemis' own, oldest first; only the last ones are kept. */
  readonly lines: readonly string[];
  /** The postprocessor that has begun and not finished. */
  readonly openStep: string | null;
  /** ffmpeg skipped a segment at an address that no download may reach. */
  readonly isSegmentForbidden: boolean;
  /** Segments that could not be fetched, one list for each stream. ffmpeg continued without them; yt-dlp did not. */
  readonly missing: readonly SegmentList[];
  /** ffmpeg fetched the media and left holes in it. */
  readonly isSpoilt: boolean;
  /** What the manifests say about their segments, one for each stream. */
  readonly lists: readonly ListedSegments[];
  readonly ffmpeg: FfmpegAccount;
  /** Why a plain file that yt-dlp calls finished is not: it has not as many bytes as the server promised. */
  readonly byteProblem: string | null;
  /** Every stream has as many bytes as the server promised. */
  readonly areBytesComplete: boolean;
  /** Gaps of a live recording, in the order of the recording. */
  readonly liveGaps: readonly LiveGap[];
  /** Monotonic; when the first bytes of a live recording were on the disk. */
  readonly recordedSinceMs: number | null;
  /** Monotonic; when yt-dlp had read the page of the site. */
  readonly seenAtMs: number | null;
  readonly refusals: readonly Refusal[];
  readonly responses: readonly SiteResponse[];
  /** Raised exceptions, oldest first; empty for a standalone yt-dlp. */
  readonly errors: readonly RaisedError[];
}
