/** What the main thread asks of a piscina thread: plain data, which survives a structured clone. */
import type { Metadata, Part, Selection } from '@artemis/contracts';
import type { EngineTier } from '../domain/attempt.ts';

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

/** Main to thread. Stopping is a message first; terminating the thread is the last resort. */
export interface StopTask {
  readonly kind: 'stop';
}

/** Main to thread: ends a live recording, which is then made a file. Everything else goes on. */
export interface FinishTask {
  readonly kind: 'finish';
}

/** A look at a link, without a download. */
export interface ProbeRequest {
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
