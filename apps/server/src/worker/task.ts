/** What the main thread asks of a piscina thread: plain data, which survives a structured clone. */
import type { Metadata, Part, Selection } from '@artemis/contracts';
import type { EngineTier } from '../domain/attempt.ts';

export interface TaskEngine {
  readonly socketPath: string;
  readonly tier: EngineTier;
  /** A `binary` (standalone yt-dlp) has no audit hook, so all its traffic goes through the proxy. */
  readonly kind: 'module' | 'binary';
  readonly ytDlpVersion: string;
  readonly hasFfmpeg: boolean;
  /** The kernel lets programs that yt-dlp starts connect to the proxy only. */
  readonly restrictsConnections: boolean;
  readonly jsRuntime: { readonly name: 'node' | 'deno'; readonly path: string } | null;
  /** File with certificate authorities for ffmpeg; null: those of the system. */
  readonly authorities?: string | null;
  /** Folder with the owner's plugins for yt-dlp; null: no plugins. */
  readonly pluginsDir?: string | null;
  /** http(s) URL of the provider of PO tokens for YouTube, without credentials; null: no provider. */
  readonly potProviderUrl?: string | null;
}

export interface TaskLimits {
  readonly maxFileSizeBytes: number;
  readonly downloadTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly memoryBytes: number;
}

export interface TaskEgress {
  /** Exact `host:port` pairs that may be reached although they are private. */
  readonly allow: readonly string[];
  /** URL of our forward proxy, with the token of this task, for programs with their own networking. A secret: never logged. */
  readonly proxyUrl: string;
  /** All traffic goes through the proxy, because a `proxy` option is its upstream or the engine is a binary. */
  readonly isProxyForAll: boolean;
}

export interface Task {
  readonly downloadId: string;
  readonly url: string;
  readonly selection: Selection;
  /** Absolute and existing, on the file system of the downloads folder; kept between attempts. */
  readonly workFolder: string;
  /** Text of a cookies file for the site of the URL; null: no cookies. A secret: never logged, never written to the folder. */
  readonly cookies: string | null;
  readonly engine: TaskEngine;
  readonly limits: TaskLimits;
  readonly egress: TaskEgress;
  /** Info JSON of yt-dlp that a probe has read; null: the site is asked. */
  readonly knownInfo: string | null;
  /** Null: the whole download. */
  readonly parts: TaskParts | null;
  /** A person wants the incomplete media of an earlier attempt as it is. */
  readonly isKeptIncomplete: boolean;
}

/** The missing parts of a stored download that are to be fetched. */
export interface TaskParts {
  readonly names: readonly Part[];
  /** A copy of the stored media in the work folder; null when the parts do not go into it, or the media is gone. */
  readonly mediaPath: string | null;
  readonly metadata: Metadata;
}

/** Message from the main thread. Terminating the thread is only the last resort. */
export interface StopTask {
  readonly kind: 'stop';
}

/** Message from the main thread: ends a live recording and makes a file of it. Other downloads continue. */
export interface FinishTask {
  readonly kind: 'finish';
}

/** A probe: a look at a link without a download. */
export interface ProbeRequest {
  /** Canonical http(s) URL. */
  readonly url: string;
  readonly selection: Selection;
  /** Position of the first entry of a list, from 1. */
  readonly firstEntry: number;
  /** Absolute and empty; used by this probe only. */
  readonly folder: string;
  /** See `Task.cookies`. */
  readonly cookies: string | null;
  readonly engine: TaskEngine;
  readonly egress: TaskEgress;
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
}

/** Asks whether this engine can solve the JavaScript challenges of YouTube; it gets challenges of our own. */
export interface SolveRequest {
  readonly engine: TaskEngine;
  /** Absolute and empty; used by this request only. */
  readonly folder: string;
  readonly memoryBytes: number;
}

export interface Solution {
  /** What went wrong; null: the challenges were solved. */
  readonly trouble: string | null;
}
