/**
 * What the domain needs from the outside. Each port has one adapter for a single machine and may have others;
 * all are asynchronous, so that a database or a network store fits behind them.
 */
import type {
  Artifact,
  Download,
  Metadata,
  ReadinessCheck,
  Said,
  Selection,
  Telemetry,
  WaitingReason,
} from '@artemis/contracts';
import type { ListedEntry, Outcome, OutcomeFile, ProbeOutcome, TaskEvent } from './attempt.ts';
import type { Cookie } from './cookies/cookie-text.ts';
import type { PassedTime } from './passed-time.ts';
import type { KeptRecord } from './tally.ts';

/** How long the answer to a request with an Idempotency-Key is remembered. */
export const IDEMPOTENCY_MS = 24 * 3_600_000;

export interface IdempotencyEntry {
  readonly key: string;
  /** Hash of the request body that the key was first used with. */
  readonly bodyHash: string;
  readonly downloadIds: readonly string[];
  readonly duplicateIds: readonly string[];
  /** RFC 3339; the key is forgotten 24 h later. */
  readonly at: string;
}

export interface HistoryContent {
  /** Newest first. */
  readonly downloads: readonly KeptRecord[];
  readonly idempotency: readonly IdempotencyEntry[];
  /** Those that were archived, the last one first; none of them is among `downloads`. */
  readonly archived?: readonly KeptRecord[];
}

/** Takes effect in the order of its fields. */
export interface HistoryChange {
  /** Kept as they are: nobody changes them afterwards. One that is archived is changed there. */
  readonly put?: readonly KeptRecord[];
  /** Ids of records that leave the history file and stay stored. Ignored for those that are not in it. */
  readonly archive?: readonly string[];
  /** Wherever they are. */
  readonly remove?: readonly string[];
  readonly remember?: IdempotencyEntry;
  /** Idempotency keys that are given up. */
  readonly forgetKeys?: readonly string[];
}

export type StoreHealth = Readonly<Omit<ReadinessCheck, 'name'>>;

/** The durable records. One writer at a time. */
export interface HistoryStore {
  /** Call once, first. Never fails for damaged content: that is set aside and told by `health`. */
  load(): Promise<HistoryContent>;
  /**
   * Resolves once the change is durable. Changes take effect in the order of the calls; concurrent calls share
   * one write. On rejection nothing of the change is kept.
   */
  save(change: HistoryChange): Promise<void>;
  health(): StoreHealth;
  /** Waits for writes under way. */
  close(): Promise<void>;
}

export interface QueueEntry {
  readonly id: string;
  readonly priority: number;
  /** Age: lower is older, and runs first among equal priorities. */
  readonly order: number;
  readonly host: string;
  /** Epoch milliseconds before which it must not start, at most an hour from now; null when at once. */
  readonly notBeforeMs: number | null;
  /** It is not out yet: that time may be 31 days from now. */
  readonly isForRelease?: boolean;
  /** Room on the disk that it is known to need; null when unknown. */
  readonly neededBytes: number | null;
}

export interface HostState {
  readonly host: string;
  readonly running: number;
  readonly queued: number;
  /** Epoch milliseconds until which the whole site is left alone. */
  readonly parkedUntilMs: number | null;
}

/** Decides which queued download runs next. The only place where downloads wait. */
export interface DownloadQueue {
  /** Begins to hand out slots. The handler's promise settles when its slot is free again; it must not reject. */
  start(handler: (id: string) => Promise<void>): void;
  /** Idempotent by id: a second call replaces priority and time. */
  enqueue(entry: QueueEntry): Promise<void>;
  /** False when it was not waiting (any more). */
  remove(id: string): Promise<boolean>;
  /** Leaves a site alone until then, at most for an hour; other sites go on. */
  park(host: string, untilMs: number): Promise<void>;
  /** Leaves it alone no longer than until then; null, and all of its downloads may go. Idempotent. */
  unpark(host: string, untilMs: number | null): Promise<void>;
  /**
   * Epoch milliseconds until which the site is left alone, or was: it stays known until one that asked first has ended well.
   * Null when it is not.
   */
  parkedUntilMs(host: string): number | null;
  /** Bytes that downloads may still take. What is known to need more waits; below zero nothing starts. */
  setDiskSpace(bytes: number): void;
  waitingReason(entry: { readonly id: string; readonly host: string }): WaitingReason;
  /** By slot number: the download that runs there, or null. */
  slots(): readonly (string | null)[];
  /** Sites with running or waiting downloads, the busiest first. */
  hosts(): readonly HostState[];
  /** Hands out no more slots; running handlers are the caller's to end. */
  close(): Promise<void>;
}

export interface RunOptions {
  /** Existing folder for this download's partial files. */
  readonly jobFolder: string;
  /** Of a download whose missing parts are fetched: a copy of its media in that folder, if one is needed. */
  readonly mediaCopy?: string | null;
  /** Of the site of the link; told when a download with them is complete. */
  readonly cookies: LentCookies | null;
  /** What a probe of this link has read, as JSON of yt-dlp, where the attempt may begin from that. */
  readonly knownInfo: string | null;
  readonly onEvent: (event: TaskEvent) => void;
  /** Called with the version of yt-dlp before the attempt begins. */
  readonly onEngine?: (version: string) => void;
  /** Aborting ends all processes of the attempt; the promise then resolves with `stopped`. */
  readonly signal: AbortSignal;
  /** Aborting ends a live recording, which then goes on as one that has come to its end. */
  readonly finish: AbortSignal;
}

/** Performs one attempt. Resolves only when no process of the attempt is left; never rejects. */
export interface DownloadRunner {
  run(download: Download, options: RunOptions): Promise<Outcome>;
  close(): Promise<void>;
}

export interface LinkToProbe {
  readonly url: string;
  readonly selection: Selection;
  /** Of a list, from 1. */
  readonly firstEntry: number;
  readonly cookies: LentCookies | null;
}

/** Reads what a link leads to, without its media. */
export interface Prober {
  /** Aborting ends all processes of the probe; the promise then resolves with `stopped`. Rejects only for faults of ours. */
  probe(link: LinkToProbe, signal: AbortSignal): Promise<ProbeOutcome>;
  /** Stops running probes; resolves when none of their processes is left. */
  close(): Promise<void>;
}

export interface FileName {
  /** Relative folder below the downloads folder, with `/`; empty at its root. */
  readonly directory: string;
  /** File name without suffix. */
  readonly base: string;
}

export interface OpenedFile {
  readonly sizeBytes: number;
  /** Strong entity tag, quoted. */
  readonly etag: string;
  readonly modifiedAt: Date;
  /** Bytes from `start` to `end`, both included. Closing the stream closes the file. */
  stream(range: { readonly start: number; readonly end: number } | null): NodeJS.ReadableStream;
  /** Only needed when `stream` was not called. */
  close(): Promise<void>;
}

export interface StorageUsage {
  readonly usedBytes: number;
  readonly files: number;
}

/**
 * The folders of partial files, one for each download; always on this computer, wherever files are stored. When their disk has
 * gone, and another folder lies in its place, `folder` rejects, and nothing is removed.
 */
export interface WorkFolders {
  /** Creates the folder when it is missing. Absolute path. */
  folder(downloadId: string): Promise<string>;
  remove(downloadId: string): Promise<void>;
  /**
   * Removes work folders that were found untouched for `keepMs` of their download, which is asked right before: 0 removes at
   * once, Infinity is one in use. Counts from the first sweep that finds a folder as it is, by the time that is known to have
   * passed. Null is a download that nobody knows: its folder is left for a day, and when it was not made by this instance under
   * this history, also for a day from the moment this instance came. Returns how many were removed.
   */
  sweep(keepMs: (downloadId: string) => number | null | Promise<number | null>): Promise<number>;
  /** Files that an attempt verified before the server stopped, or null. They can be published as they are. */
  verifiedOutcome(downloadId: string): Promise<Extract<Outcome, { kind: 'done' }> | null>;
  /** What downloads and the files stored from them may still take of this computer's disks; null when the system does not tell. */
  freeBytes(): Promise<number | null>;
}

/**
 * Stored files. Deletes only what it published itself. When the place of its files has gone, it makes and deletes nothing:
 * calls reject.
 */
export interface FileStore {
  readonly provider: 'local' | 's3';
  /**
   * Moves verified files under their final name without ever replacing a file: a taken name gets a suffix.
   * Durable when resolved, and idempotent: a second call for the same files returns the same artifacts.
   */
  publish(
    downloadId: string,
    files: readonly OutcomeFile[],
    name: FileName,
  ): Promise<readonly Artifact[]>;
  /**
   * Puts a verified file in the place of one that is stored, in one step and durably: under the same name, unless its
   * extension is another. What is not the file that was published stays, and the new one gets a name beside it. A
   * second call for the same file returns the same artifact.
   */
  replace(downloadId: string, stored: Artifact, file: OutcomeFile): Promise<Artifact>;
  /** A copy of a stored file, named `media` with its extension; null when that file is not there any more. */
  copyTo(artifact: Artifact, folder: string): Promise<string | null>;
  /** Whether something has this name, below the downloads folder; false when it cannot be known. */
  isTaken(path: string): Promise<boolean>;
  /** Null when the file is not there any more, or is not the one that was published. */
  open(artifact: Artifact): Promise<OpenedFile | null>;
  /**
   * An address of another server that sends the file, with this type and disposition, for as long; null when it is to be read
   * through this server.
   */
  link(
    artifact: Artifact,
    how: { readonly disposition: string; readonly type: string; readonly ttlSeconds: number },
  ): Promise<string | null>;
  /** Whether what lies in the place of a published file is another one, or was edited since; false when nothing does. */
  isChanged(artifact: Artifact): Promise<boolean>;
  /**
   * Why nothing could be stored in this folder below the downloads folder, as a sentence without its subject; null when
   * it could, or nobody knows. Follows no link.
   */
  folderProblem(directory: string): Promise<string | Said | null>;
  /** Deletes published files; what somebody changed or put in their place is left alone and told in the log. */
  remove(artifacts: readonly Artifact[]): Promise<void>;
  /**
   * Deletes what was stored for longer than `keepMs` of time that is known to have passed, if an earlier call, at least a
   * day of that time ago, has found the same; Infinity keeps all. Returns the ids of the downloads it belonged to.
   */
  removeOlderThan(keepMs: number): Promise<ReadonlySet<string>>;
  /** For how long it has been stored, by the same time; null when that is not known. */
  ageMs(artifact: Artifact): number | null;
  usage(): Promise<StorageUsage>;
  /**
   * Looks at each call, also at the work folders, by writing a few KiB; `fail` while a verified file could not be published. Never
   * rejects.
   */
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}

/** Knows how much time has passed, whatever is done to the clock of the computer. */
export interface Timekeeper {
  /** Looks at the clocks. */
  look(): PassedTime;
  /** What the clock of the computer would say without a jump of more than a day that is not confirmed yet. */
  believedNow(): Date;
  /** Looks and keeps what was seen, durably when resolved. Never rejects: what is not kept only makes files younger. */
  save(): Promise<void>;
}

/** How an entry of a playlist has ended. */
export type EntryEnd = 'done' | 'failed' | 'skipped';

/** The entries of one link as they were read, which never change, and how they have ended. */
export interface StoredList {
  readonly metadata: Metadata;
  /** `index` of each entry by its place; ascending. */
  readonly indexes: Uint32Array;
  /** By place, as it was when the list was opened. */
  readonly ends: ReadonlyMap<number, EntryEnd>;
  /** At most `count` entries from that place on. */
  read(place: number, count: number): Promise<readonly ListedEntry[]>;
  /**
   * Durable when resolved, in the order of the calls; concurrent calls share one write. Null: is to be downloaded
   * again. On rejection any part of it may be kept.
   */
  setEnds(ends: ReadonlyMap<number, EntryEnd | null>): Promise<void>;
  close(): Promise<void>;
}

/** Lists of entries, by the id of the download that has read them. One writer at a time. */
export interface PlaylistStore {
  /** Of all lists that are whole. */
  ids(): Promise<readonly string[]>;
  /** Durable when resolved; replaces an earlier list of that id and its ends. */
  create(id: string, metadata: Metadata, entries: readonly ListedEntry[]): Promise<void>;
  /** Null when there is none, or it was damaged from outside. The caller closes it. */
  open(id: string): Promise<StoredList | null>;
  remove(id: string): Promise<void>;
}

/** Remembers what was downloaded here, long after the records are gone. */
export interface DownloadedLinks {
  has(key: string): boolean;
  /** Written soon; a power cut may forget the last ones. Never rejects. */
  add(keys: readonly string[]): void;
  close(): Promise<void>;
}

/** How an attempt has ended, as far as it speaks for or against its yt-dlp. */
export interface EngineEnd {
  /** Of the download; its attempts that fail count as one. */
  readonly id: string;
  readonly isGood: boolean;
  readonly url: string;
}

/** A version with which a site got worse, so that the one before is used again. */
export interface LeftEngine {
  readonly version: string;
  /** RFC 3339; null when it is not known since when it was used. */
  readonly since: string | null;
}

/** The versions of yt-dlp side by side. */
export interface Engines {
  /** Whether this version is here. */
  has(version: string): boolean;
  /** Whether the engine in use may be given the cookies of a person. */
  mayHaveCookies(): boolean;
  /** The version that new attempts start with; null without one. */
  current(): string | null;
  /**
   * A site fails the way an outdated engine makes it fail: looks for a newer one now. Never rejects; calls at the same
   * time share a look. True once a newer one is tried and used, false when there is nothing newer.
   */
  seekNewer(site: string): Promise<boolean>;
  /** Calls back whenever new attempts start with another version; `left` is the one before when it was left for its failures. */
  onSwitch(listener: (version: string | null, left: LeftEngine | null) => void): void;
  /** For what `GET /engines` says, and for going back. Never rejects, and writes nothing at once. */
  noteEnd(version: string, site: string, end: EngineEnd): void;
  /** For the events of `GET /engines`. Never rejects. */
  noteSite(code: 'SITE_BROKEN' | 'SITE_MENDED', site: string, version: string, said: Said): void;
}

export interface StoredJar {
  readonly site: string;
  readonly cookies: readonly Cookie[];
  /** RFC 3339. */
  readonly updatedAt: string;
  readonly lastSuccessAt: string | null;
}

/** Jars on a disk that nobody else reads. One writer at a time. */
export interface CookieStore {
  /** Call once, first. What cannot be read is left out. */
  load(): Promise<readonly StoredJar[]>;
  /** Resolves once the jar is durable. */
  write(jar: StoredJar): Promise<void>;
  remove(site: string): Promise<void>;
}

/** Cookies for one job. A secret: never logged, and never in anything that is answered. */
export interface LentCookies {
  readonly site: string;
  /** In the form that yt-dlp reads. */
  readonly text: string;
  /** Tells these cookies from those before and after them, within this run of the server. */
  readonly version: string;
  /**
   * A download with them is complete. `renewed` has, in the same form, those that the site has renewed: they are
   * kept, unless a person has replaced the jar meanwhile. Never rejects.
   */
  succeeded(renewed: string | null): Promise<void>;
}

/** Tells somebody that a download ended. Best effort: never rejects, never delays the download. */
export interface Notifier {
  notify(download: Download): Promise<void>;
  close(): Promise<void>;
}

/** What a machine that runs downloads says of itself, at this moment. */
export interface Gauges {
  engine(): Omit<
    Telemetry['engine'],
    'jobs' | 'job_cpu_seconds' | 'job_peak_memory_bytes' | 'broken_sites'
  >;
  process(): Telemetry['process'];
}
