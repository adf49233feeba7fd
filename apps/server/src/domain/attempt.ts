/**
 * What comes of an attempt, and what is told while it runs. Everything here survives a structured clone: plain data, no class,
 * no function. An attempt ends with an outcome and never throws: an error thrown across threads loses its class and code.
 */
import type {
  Said,
  ArtifactKind,
  DownloadWarning,
  FailureCode,
  LogLevel,
  Metadata,
  Phase,
  Probe,
} from '@artemis/contracts';

export type EngineTier = 'warm' | 'cold';

/** Thread to main, while the task runs. */
export type TaskEvent =
  | {
      readonly kind: 'progress';
      readonly phase: Phase;
      /** 0–100 for the whole job; never falls within an attempt. */
      readonly progress: number;
      readonly downloadedBytes: number | null;
      readonly totalBytes: number | null;
      readonly speedBps: number | null;
      readonly etaSeconds: number | null;
    }
  | { readonly kind: 'metadata'; readonly metadata: Metadata }
  /** Once, as soon as the sizes are known: what the attempt takes of the disk at its peak. */
  | {
      readonly kind: 'space';
      readonly totalBytes: number;
      readonly presentBytes: number;
    }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly text: string;
      readonly said?: Said;
    };

/** A verified file in the job folder. */
export interface OutcomeFile {
  readonly kind: ArtifactKind;
  /** Absolute path inside the job folder. */
  readonly path: string;
  /** What follows the name of the download: `.mp4`, `.en.vtt`, `-01.mp4`, `.info.json`. */
  readonly suffix: string;
  readonly sizeBytes: number;
  readonly contentType: string;
}

export interface AttemptUsage {
  readonly tier: EngineTier;
  readonly cpuSeconds: number | null;
  readonly peakMemoryBytes: number | null;
}

export interface ProbedMedia {
  readonly metadata: Metadata;
  /** What a download may begin from instead of reading the site again; null when it may not. Has secrets of the site. */
  readonly info: string | null;
}

export type ProbeOutcome =
  | {
      readonly kind: 'seen';
      readonly probe: Probe;
      /** Null for a list. */
      readonly media: ProbedMedia | null;
    }
  | {
      readonly kind: 'failed';
      readonly code: FailureCode;
      readonly detail: string;
      /** See `Outcome`. */
      readonly quote?: string | null;
    }
  | { readonly kind: 'stopped' };

/** An entry of a list, before anybody has opened it. */
export interface ListedEntry {
  /** From 1, ascending; with gaps where only some were asked for. */
  readonly index: number;
  readonly id: string | null;
  readonly url: string | null;
  readonly title: string | null;
  /** Seconds. */
  readonly duration: number | null;
  /** Set when `url` is a page with several media: which of them it is, from 1. */
  readonly position: number | null;
}

export type Outcome =
  | {
      readonly kind: 'done';
      /** The media first; empty for `simulate` and lists. */
      readonly files: readonly OutcomeFile[];
      /** Of a link that was to be listed and is a list. */
      readonly entries?: readonly ListedEntry[];
      readonly metadata: Metadata;
      readonly warnings: readonly DownloadWarning[];
      /** What of its cookies the site has renewed; a secret, and not part of what is written to the job folder. */
      readonly renewedCookies?: string;
      readonly usage: AttemptUsage | null;
    }
  | {
      readonly kind: 'failed';
      readonly code: FailureCode;
      /** What yt-dlp said, shortened and without secrets; for the log of the download. */
      readonly detail: string;
      /** What is missing and where, in figures and without words: for the record. */
      readonly figures?: string;
      /** Of SITE_REFUSED: the words of the site, on one line and without secrets. */
      readonly quote?: string | null;
      /** From the site's `Retry-After`, when it sent one. */
      readonly retryAfterSeconds: number | null;
      /** The site speaks of this file and not of all our requests. */
      readonly isOfFileAlone?: boolean;
      /** HTTP status of the answer that decided, when one did. */
      readonly status?: number | null;
      /** Of UPCOMING: epoch time at which the site promises it, when it does. */
      readonly releaseAtMs?: number | null;
      readonly usage: AttemptUsage | null;
    }
  | { readonly kind: 'stopped'; readonly usage: AttemptUsage | null };

/** Complete and checked. */
export type VerifiedOutcome = Extract<Outcome, { kind: 'done' }>;
