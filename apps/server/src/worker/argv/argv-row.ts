import type { Said } from '@artemis/contracts';
import type { TaskEngine } from '../task.ts';
import type { DownloadPlan } from '../plan/plan.ts';

export interface ArgvContext {
  /** Canonical http(s) URL. */
  readonly url: string;
  readonly plan: DownloadPlan;
  /** Letters and digits. No site knows this word, so no site can print a line of ours. */
  readonly nonce: string;
  readonly engine: Pick<
    TaskEngine,
    'ytDlpVersion' | 'jsRuntime' | 'authorities' | 'pluginsDir' | 'potProviderUrl'
  > &
    Partial<Pick<TaskEngine, 'tier' | 'kind'>>;
  /** yt-dlp starts from `KNOWN_INFO_FILE` in the work folder, which holds what the site said, and not from the link. */
  readonly isInfoKnown?: boolean;
  /** yt-dlp takes the proxy from its environment instead of connecting directly. */
  readonly isProxyForAll: boolean;
  /** False for a plain-http input, for which ffmpeg refuses this setting. */
  readonly isTlsVerifiedByFfmpeg: boolean;
  /** yt-dlp has refused to join this HLS stream by itself. */
  readonly isHlsByFfmpeg?: boolean;
  /** A person accepts the media without the segments that the site has lost. */
  readonly areHolesKept?: boolean;
  /** After an interrupted live recording by ffmpeg, this many segments of the list are fetched before the new ones. */
  readonly segmentsLookedBack?: number | null;
}

/** One use of one option of yt-dlp. Its value, if it has one, is ours or comes from a checked field. */
export interface ArgvRow {
  /** The long name in yt-dlp, without abbreviation. */
  readonly option: `--${string}`;
  /** The release of yt-dlp that added the option. Older releases run without the row. */
  readonly since?: string;
  readonly when?: (context: ArgvContext) => boolean;
  readonly value?: string | ((context: ArgvContext) => string);
  /** One sentence for people. */
  readonly meaning: Said | ((context: ArgvContext) => Said);
}
