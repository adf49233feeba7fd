/**
 * What the main thread and a piscina thread say to each other. Everything here survives a structured clone:
 * plain data, no class, no function. A task returns an outcome and never throws: an error thrown across
 * threads loses its class and code.
 */
import type {
  ArtifactKind,
  DownloadOptions,
  DownloadWarning,
  FailureCode,
  FormatPreset,
  LogLevel,
  Metadata,
  Part,
  Phase,
  Probe,
  Quality,
} from '@artemis/contracts';

export interface Selection {
  readonly formatPreset: FormatPreset;
  readonly quality: Quality;
  readonly options: DownloadOptions;
}

export type EngineTier = 'warm' | 'cold';

export interface TaskEngine {
  readonly socketPath: string;
  readonly tier: EngineTier;
  /** A `binary` has no audit hook: all its traffic goes through the proxy. */
  readonly kind: 'module' | 'binary';
  readonly ytDlpVersion: string;
  readonly hasFfmpeg: boolean;
  /** The kernel keeps a program that yt-dlp starts from every address but that of the proxy. */
  readonly restrictsConnections: boolean;
  readonly jsRuntime: { readonly name: 'node' | 'deno'; readonly path: string } | null;
  /** A file with the certificate authorities for ffmpeg; null for those of the system. */
  readonly authorities?: string | null;
  /** The folder with the owner's plugins for yt-dlp; null for none. */
  readonly pluginsDir?: string | null;
  /** http(s) URL of what makes PO tokens for YouTube, without credentials; null for none. */
  readonly potProviderUrl?: string | null;
}

export interface TaskLimits {
  readonly maxFileSizeBytes: number;
  readonly downloadTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly memoryBytes: number;
}

export interface TaskEgress {
  /** Exact `host:port` that may be reached although private. */
  readonly allow: readonly string[];
  /** Our forward proxy with this task's token, for what does its own networking. A secret: never logged. */
  readonly proxyUrl: string;
  /** All traffic goes through the proxy: a `proxy` option is its upstream, or the engine is a binary. */
  readonly isProxyForAll: boolean;
}

export interface Task {
  readonly downloadId: string;
  readonly url: string;
  readonly selection: Selection;
  /** Absolute, exists, on the file system of the downloads folder; survives attempts. */
  readonly jobFolder: string;
  /** Of the site of the URL, as a cookies file; null for none. A secret: never logged, never written to the folder. */
  readonly cookies: string | null;
  readonly engine: TaskEngine;
  readonly limits: TaskLimits;
  readonly egress: TaskEgress;
  /** What a look at the link has read, as JSON of yt-dlp; null: the site is asked. */
  readonly knownInfo: string | null;
  /** Null: the whole download. */
  readonly parts: TaskParts | null;
  /** Nothing is fetched: what an earlier attempt has set aside is made a file. */
  readonly isKeptIncomplete: boolean;
}

/** The download is stored, and only these parts of it are wanted. */
export interface TaskParts {
  readonly names: readonly Part[];
  /** A copy of the stored media in the job folder; null when nothing will be put into it, or it is gone. */
  readonly mediaPath: string | null;
  readonly metadata: Metadata;
}

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
  | { readonly kind: 'space'; readonly totalBytes: number; readonly presentBytes: number }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string };

/** Main to thread. Stopping is a message first; terminating the thread is the last resort. */
export interface StopTask {
  readonly kind: 'stop';
}

/** Main to thread: ends a live recording, which is then made a file. Everything else goes on. */
export interface FinishTask {
  readonly kind: 'finish';
}

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

/** A look at a link, without a download. */
export interface LookRequest {
  /** Canonical http(s) URL. */
  readonly url: string;
  readonly selection: Selection;
  /** Position of the first entry of a list, from 1. */
  readonly firstEntry: number;
  /** Absolute, empty, for this look alone. */
  readonly folder: string;
  /** As in a task. */
  readonly cookies: string | null;
  readonly engine: TaskEngine;
  readonly egress: TaskEgress;
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
}

/** To solve challenges of ours as those of YouTube are solved. */
export interface SolveRequest {
  readonly engine: TaskEngine;
  /** Absolute, empty, for this alone. */
  readonly folder: string;
  readonly memoryBytes: number;
}

export interface Solution {
  /** Null: they were solved. */
  readonly trouble: string | null;
}

export interface SeenMedia {
  readonly metadata: Metadata;
  /** What a download may begin from instead of reading the site again; null when it may not. Has secrets of the site. */
  readonly info: string | null;
}

export type LookOutcome =
  | {
      readonly kind: 'seen';
      readonly probe: Probe;
      /** Null for a list. */
      readonly media: SeenMedia | null;
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
