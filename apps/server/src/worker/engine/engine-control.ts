/** What host and job process say between the lines of output. */
export type EngineControl =
  | { readonly kind: 'started'; readonly pid: number }
  | {
      /** The guard has refused something. The same address and port twice is the end of the job. */
      readonly kind: 'refused';
      /** `connect`, `send`, `process`, `open`, `rename`, … */
      readonly event: string;
      readonly address: string | null;
      readonly port: number | null;
      readonly path: string | null;
      readonly reason: string | null;
      /** It was for a subtitle, a thumbnail or SponsorBlock: a warning, not a failure. */
      readonly isOptional: boolean;
    }
  | {
      /** Headers of an answer that yt-dlp got; the first 64 good ones and every bad one. */
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
      /** Segments of one stream could not be had, after every retry; the others lie in the job folder. */
      readonly kind: 'missing';
      readonly file: string;
      readonly segments: SegmentList;
      /** It was for a subtitle. */
      readonly isOptional: boolean;
    }
  | {
      /** What the manifest of this stream says of its segments. */
      readonly kind: 'listed';
      readonly file: string;
      /** Those that it says itself are lost. */
      readonly gaps: SegmentList;
      /** Time stamps need not go on from one segment to the next. */
      readonly hasBreaks: boolean;
      /** Of all that are not lost; null: not said. */
      readonly seconds: number | null;
      readonly isOptional: boolean;
    }
  | {
      /** Lines of a cookies file: those that were given and that the site has renewed. A secret: never logged. */
      readonly kind: 'cookies';
      readonly text: string;
    };

/** What an error of yt-dlp is, beside the words that it prints of it. */
export interface RaisedError {
  readonly kind: 'error';
  /** As it is printed, at most 600 characters. */
  readonly text: string;
  /** Of an extractor's error, the words alone. */
  readonly said: string | null;
  /** Names of its class and of those that it inherits from; empty when nothing was raised. */
  readonly classes: readonly string[];
  /** The same of what it was made of. */
  readonly causes: readonly string[];
  /** The extractor gives it for the site's plain answer, not for a fault of its own. */
  readonly isExpected: boolean;
  /** Of the answer that it, or its cause, is about. */
  readonly status: number | null;
  readonly host: string | null;
  /** Where the media is offered. */
  readonly countries: readonly string[];
  readonly extractor: string | null;
  /** Raised by Python itself in the code of an extractor. */
  readonly isInExtractor: boolean;
  /** The site says that the media comes later. */
  readonly isUpcoming: boolean;
  /** When that is, in seconds of epoch time. */
  readonly releaseAtSeconds: number | null;
  /** It was for a part that the download can do without. */
  readonly isOptional: boolean;
}

/** Some of the segments of a stream. */
export interface SegmentList {
  readonly count: number;
  /** Of the stream; null when the list is not known. */
  readonly total: number | null;
  /** There are more, which were not asked for. */
  readonly isMore: boolean;
  /** The first of them: their number, from 1, and the second at which they begin, as far as the manifest says. */
  readonly places: readonly { readonly index: number; readonly atSeconds: number | null }[];
}

/** A live recording has lost something for good. */
export interface LiveGap {
  readonly kind: 'live_gap';
  /** Seconds into the recording; null: not known. */
  readonly atSeconds: number | null;
  /** Number of the first lost segment in the list of the stream; null: the recording was given up here. */
  readonly firstSegment: number | null;
  readonly segments: number;
  /** Of which it is only known that it came between two parts: for how long none was recorded. Null: not known. */
  readonly lostSeconds?: number | null;
}

/** How a job ended. Without `isHostLost` the host has confirmed that none of its processes is left. */
export interface EngineExit {
  readonly status: number | null;
  readonly signal: number | null;
  /** Of every process of the job. */
  readonly cpuSeconds: number | null;
  /** Of the largest process. */
  readonly peakMemoryBytes: number | null;
  /** The connection could not be made or broke before the host told the end. */
  readonly isHostLost: boolean;
}

export type ControlLine =
  | EngineControl
  | { readonly kind: 'exit'; readonly exit: EngineExit }
  | { readonly kind: 'usage'; readonly cpuSeconds: number | null };

/** The control line in a line of a connection, or null: only one with this connection's nonce counts. */
export function parseControlLine(line: string, nonce: string): ControlLine | null {
  const prefix = `\x1e${nonce} `;
  if (!line.startsWith(prefix)) return null;
  const fields = parseObject(line.slice(prefix.length));
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
      };
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

function raisedError(fields: Readonly<Record<string, unknown>>): RaisedError {
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

function segmentList(fields: Readonly<Record<string, unknown>>): SegmentList {
  const places: readonly unknown[] = Array.isArray(fields['places']) ? fields['places'] : [];
  return {
    count: numberOf(fields['count']) ?? 0,
    total: numberOf(fields['total']),
    isMore: fields['is_more'] === true,
    places: places.map((place) => {
      const entry: Readonly<Record<string, unknown>> =
        typeof place === 'object' && place !== null ? { ...place } : {};
      return { index: numberOf(entry['index']) ?? 0, atSeconds: numberOf(entry['at']) };
    }),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

export type ListedSegments = Extract<EngineControl, { kind: 'listed' }>;
