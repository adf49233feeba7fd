import {
  fieldsOf,
  listOf,
  numberOf,
  parseJson,
  stringOf,
  stringsOf,
  type JsonFields,
} from './json-values.ts';

/** Messages of the engine host and of the job process, sent between the lines of output. */
export type EngineControl =
  | { readonly kind: 'started'; readonly pid: number }
  | {
      /** The guard has refused something. The second refusal of one address and port ends the job. */
      readonly kind: 'refused';
      /** `connect`, `send`, `process`, `open`, `rename`, … */
      readonly event: string;
      readonly address: string | null;
      readonly port: number | null;
      readonly path: string | null;
      readonly reason: string | null;
      /** The request was for a subtitle, a thumbnail or SponsorBlock: a warning, not a failure. */
      readonly isOptional: boolean;
    }
  | {
      /** Headers of a response that yt-dlp got: the first 64 successful ones and every failed one. */
      readonly kind: 'response';
      readonly status: number;
      readonly host: string | null;
      readonly retryAfter: string | null;
      readonly etag: string | null;
      readonly lastModified: string | null;
      readonly contentLength: string | null;
      readonly contentRange: string | null;
      readonly isOptional: boolean;
    }
  | RaisedError
  | LiveGap
  | {
      /** Segments of one stream that could not be fetched after all retries; the other segments are in the work folder. */
      readonly kind: 'missing';
      readonly file: string;
      readonly segments: SegmentList;
      /** The stream is a subtitle. */
      readonly isOptional: boolean;
    }
  | {
      /** What the manifest of one stream says about its segments. */
      readonly kind: 'listed';
      readonly file: string;
      /** Segments that the manifest itself declares as lost. */
      readonly gaps: SegmentList;
      /** The manifest declares discontinuities: time stamps need not continue from one segment to the next. */
      readonly hasBreaks: boolean;
      /** Duration of all segments that are not lost; null: the manifest does not say. */
      readonly seconds: number | null;
      readonly isOptional: boolean;
    }
  | {
      /** A file that was fetched as one ends before its container says, and is about to be converted. */
      readonly kind: 'cut_source';
    }
  | {
      /** Lines of a cookies file: the given cookies that the site has renewed. A secret: never logged. */
      readonly kind: 'cookies';
      readonly text: string;
    };

export type Refusal = Extract<EngineControl, { kind: 'refused' }>;
export type SiteResponse = Extract<EngineControl, { kind: 'response' }>;
export type ListedSegments = Extract<EngineControl, { kind: 'listed' }>;

/** The exception behind an error that yt-dlp prints. */
export interface RaisedError {
  readonly kind: 'error';
  /** The printed text, at most 600 characters. */
  readonly text: string;
  /** The message of an extractor's error, without what yt-dlp prints around it. */
  readonly said: string | null;
  /** Names of the exception's class and base classes; empty when nothing was raised. */
  readonly classes: readonly string[];
  /** The same names for the exceptions that caused it. */
  readonly causes: readonly string[];
  /** The extractor reports what the site answered; the extractor itself has no fault. */
  readonly isExpected: boolean;
  /** HTTP status that the error, or its cause, is about. */
  readonly status: number | null;
  readonly host: string | null;
  /** Countries in which the media is available. */
  readonly countries: readonly string[];
  readonly extractor: string | null;
  /** Python itself raised the exception inside an extractor. */
  readonly isInExtractor: boolean;
  /** The site says that the media will be published later. */
  readonly isUpcoming: boolean;
  /** The announced time of publication, in epoch seconds. */
  readonly releaseAtSeconds: number | null;
  /** The error is about a part that the download can do without. */
  readonly isOptional: boolean;
}

/** Some of the segments of a stream. */
export interface SegmentList {
  readonly count: number;
  /** Segments of the whole stream; null when the list is not known. */
  readonly total: number | null;
  /** There are more such segments; the engine stopped asking for them. */
  readonly isMore: boolean;
  /** The first of these segments: number, from 1, and start time in seconds where the manifest says it. */
  readonly places: readonly SegmentPlace[];
  /** Missing parts that initialise others, each with the place of the first of those, which cannot be played without it. */
  readonly inits: readonly SegmentPlace[];
}

export interface SegmentPlace {
  readonly index: number;
  readonly atSeconds: number | null;
}

/** A hole in a live recording that nothing can fill any more. */
export interface LiveGap {
  readonly kind: 'live_gap';
  /** Seconds into the recording; null: not known. */
  readonly atSeconds: number | null;
  /** Number of the first lost segment in the playlist; null: not known, or the recording was given up here. */
  readonly firstSegment: number | null;
  readonly segments: number;
  /** How long nothing was recorded, where segments have no numbers or between two parts of a recording. Null: not known. */
  readonly lostSeconds?: number | null;
}

/** How a job ended. Unless `isHostLost`, the host has confirmed that no process of the job is left. */
export interface EngineExit {
  readonly status: number | null;
  readonly signal: number | null;
  /** Sum over all processes of the job. */
  readonly cpuSeconds: number | null;
  /** Peak of the largest process of the job. */
  readonly peakMemoryBytes: number | null;
  /** The connection could not be opened, or broke before the host reported the end of the job. */
  readonly isHostLost: boolean;
}

export type ControlLine =
  | EngineControl
  | { readonly kind: 'exit'; readonly exit: EngineExit }
  | { readonly kind: 'usage'; readonly cpuSeconds: number | null };

/** The control message in a line, or null when the line is output: a control line begins with the nonce of its connection. */
export function parseControlLine(line: string, nonce: string): ControlLine | null {
  const prefix = `\x1e${nonce} `;
  if (!line.startsWith(prefix)) return null;
  const fields = fieldsOf(parseJson(line.slice(prefix.length)));
  switch (fields['control']) {
    case 'started':
      return { kind: 'started', pid: numberOf(fields['pid']) ?? 0 };
    case 'refused':
      return {
        kind: 'refused',
        event: stringOf(fields['event']) ?? 'unknown',
        address: stringOf(fields['address']),
        port: numberOf(fields['port']),
        path: stringOf(fields['path']),
        reason: stringOf(fields['reason']),
        isOptional: fields['optional'] === true,
      };
    case 'response':
      return {
        kind: 'response',
        status: numberOf(fields['status']) ?? 0,
        host: stringOf(fields['host']),
        retryAfter: stringOf(fields['retry_after']),
        etag: stringOf(fields['etag']),
        lastModified: stringOf(fields['last_modified']),
        contentLength: stringOf(fields['content_length']),
        contentRange: stringOf(fields['content_range']),
        isOptional: fields['optional'] === true,
      };
    case 'error':
      return raisedError(fields);
    case 'missing':
      return {
        kind: 'missing',
        file: stringOf(fields['file']) ?? '',
        segments: segmentList(fields),
        isOptional: fields['optional'] === true,
      };
    case 'listed':
      return {
        kind: 'listed',
        file: stringOf(fields['file']) ?? '',
        gaps: segmentList(fields),
        hasBreaks: fields['breaks'] === true,
        seconds: numberOf(fields['seconds']),
        isOptional: fields['optional'] === true,
      };
    case 'live_gap':
      return {
        kind: 'live_gap',
        atSeconds: numberOf(fields['at']),
        firstSegment: numberOf(fields['first']),
        segments: numberOf(fields['count']) ?? 0,
        ...(fields['seconds'] === undefined ? {} : { lostSeconds: numberOf(fields['seconds']) }),
      };
    case 'cut_source':
      return { kind: 'cut_source' };
    case 'cookies':
      return { kind: 'cookies', text: stringOf(fields['text']) ?? '' };
    case 'usage':
      return { kind: 'usage', cpuSeconds: numberOf(fields['cpu_seconds']) };
    case 'exit':
      return {
        kind: 'exit',
        exit: {
          status: numberOf(fields['status']),
          signal: numberOf(fields['signal']),
          cpuSeconds: numberOf(fields['cpu_seconds']),
          peakMemoryBytes: numberOf(fields['peak_memory_bytes']),
          isHostLost: false,
        },
      };
    default:
      return null;
  }
}

function raisedError(fields: JsonFields): RaisedError {
  return {
    kind: 'error',
    text: stringOf(fields['text']) ?? '',
    said: stringOf(fields['said']),
    classes: stringsOf(fields['classes']),
    causes: stringsOf(fields['causes']),
    isExpected: fields['expected'] === true,
    status: numberOf(fields['status']),
    host: stringOf(fields['host']),
    countries: stringsOf(fields['countries']),
    extractor: stringOf(fields['extractor']),
    isInExtractor: fields['in_extractor'] === true,
    isUpcoming: fields['upcoming'] === true,
    releaseAtSeconds: numberOf(fields['release_at']),
    isOptional: fields['optional'] === true,
  };
}

function segmentList(fields: JsonFields): SegmentList {
  return {
    count: numberOf(fields['count']) ?? 0,
    total: numberOf(fields['total']),
    isMore: fields['is_more'] === true,
    places: listOf(fields['places']).map(segmentPlace),
    inits: listOf(fields['inits']).map(segmentPlace),
  };
}

function segmentPlace(place: unknown): SegmentPlace {
  const { index, at } = fieldsOf(place);
  return { index: numberOf(index) ?? 0, atSeconds: numberOf(at) };
}
