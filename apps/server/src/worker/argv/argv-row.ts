import type { Said } from '@artemis/contracts';
import type { TaskEngine } from '../task.ts';
import type { DownloadPlan } from '../plan/plan.ts';

export interface ArgvContext {
  /** Canonical http(s) URL. */
  readonly url: string;
  readonly plan: DownloadPlan;
  /** Letters and digits; unknown to every site. */
  readonly nonce: string;
  readonly engine: Pick<
    TaskEngine,
    'ytDlpVersion' | 'jsRuntime' | 'authorities' | 'pluginsDir' | 'potProviderUrl'
  > &
    Partial<Pick<TaskEngine, 'tier' | 'kind'>>;
  /** What the site says lies in `KNOWN_INFO_FILE` of the job folder; yt-dlp begins from that and not from the link. */
  readonly isInfoKnown?: boolean;
  /** Then yt-dlp takes the proxy from its environment instead of going direct. */
  readonly isProxyForAll: boolean;
  /** ffmpeg refuses this setting when what it opens is plain http. */
  readonly isTlsVerifiedByFfmpeg: boolean;
  /** yt-dlp has refused to put this HLS stream together by itself. */
  readonly isHlsByFfmpeg?: boolean;
  /** A person wants what there is, without the segments that the site has lost. */
  readonly areHolesKept?: boolean;
  /** A live recording by ffmpeg was interrupted: so many segments of the list are fetched besides what comes. */
  readonly segmentsLookedBack?: number | null;
}

/** One use of one option. Its value, if it takes one, always comes from us or from a checked field. */
export interface ArgvRow {
  /** Its long name in yt-dlp, without abbreviation. */
  readonly option: `--${string}`;
  /** The release that brought it, when older ones may still be about; they run without it. */
  readonly since?: string;
  readonly when?: (context: ArgvContext) => boolean;
  readonly value?: string | ((context: ArgvContext) => string);
  /** One sentence for people. */
  readonly meaning: Said | ((context: ArgvContext) => Said);
}
