import type { LogLevel } from '@artemis/contracts';
import type {
  EngineControl,
  ListedSegments,
  LiveGap,
  RaisedError,
  Refusal,
  SegmentList,
  SiteResponse,
} from '../engine/engine-control.ts';
import { retryAfterOf } from '../failure/failure.ts';
import { createRefusals } from '../failure/refusals.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import type { ReceivedBytes } from '../output/received-bytes.ts';
import { redact } from '../output/redact.ts';
import type { RunEnd, RunResult } from './run-result.ts';

/** The engine itself waits this long (`engine/reports.py`), because yt-dlp would ask again at once. */
const MAX_WAIT_IN_JOB_SECONDS = 5;
const MAX_KEPT = 400;

export interface RunReportsOptions {
  readonly received: ReceivedBytes;
  /** The video that yt-dlp has named; null before. */
  readonly video: () => VideoInfo | null;
  readonly endBy: (reason: RunEnd) => void;
  readonly log: (level: LogLevel, text: string) => void;
}

/** Collects what the engine reports in one run, and ends the run when a report says that it cannot succeed. */
export interface RunReports {
  take(control: EngineControl): void;
  /** Segments that could not be fetched, one list for each stream. */
  missing(): readonly SegmentList[];
  liveGaps(): readonly LiveGap[];
  /** A file was cut short before it was converted. */
  isSourceCut(): boolean;
  facts(): Pick<RunResult, 'refusals' | 'responses' | 'errors' | 'lists'>;
}

export function createRunReports({ received, video, endBy, log }: RunReportsOptions): RunReports {
  const refusals = createRefusals();
  const responses: SiteResponse[] = [];
  const errors: RaisedError[] = [];
  const liveGaps: LiveGap[] = [];
  let isSourceCut = false;
  const missing = new Map<string, SegmentList>();
  const lists = new Map<string, ListedSegments>();

  function takeResponse(response: SiteResponse): void {
    responses.push(response);
    if (responses.length > MAX_KEPT) responses.shift();
    received.takeResponse(response);
    const waitSeconds = response.isOptional ? null : retryAfterOf(response, Date.now());
    // A live recording does not wait: what the stream sends meanwhile could never be fetched again.
    const isFetching = video()?.isLive === false;
    if (isFetching && (waitSeconds ?? 0) > MAX_WAIT_IN_JOB_SECONDS) endBy('asked-to-wait');
  }

  function takeRefusal(refusal: Refusal): void {
    const { event, address, port, path, isOptional } = refusal;
    const hasToEnd = refusals.take(refusal);
    log('warn', `Refused: ${event} ${redact(path ?? '')} ${address ?? ''} ${port ?? ''}`.trim());
    if (hasToEnd) endBy(isOptional ? 'part-failed' : 'blocked');
  }

  return {
    take(control) {
      switch (control.kind) {
        case 'response':
          return takeResponse(control);
        case 'refused':
          return takeRefusal(control);
        case 'error':
          errors.push(control);
          if (errors.length > MAX_KEPT) errors.shift();
          return;
        case 'missing':
          if (!control.isOptional) missing.set(control.file, control.segments);
          return;
        case 'listed':
          if (!control.isOptional) lists.set(control.file, control);
          return;
        case 'live_gap':
          liveGaps.push(control);
          return;
        case 'cut_source':
          isSourceCut = true;
          return;
        case 'started':
        case 'cookies':
          return;
      }
    },
    missing: () => [...missing.values()],
    liveGaps: () => liveGaps,
    isSourceCut: () => isSourceCut,
    facts: () => ({ refusals: refusals.all, responses, errors, lists: [...lists.values()] }),
  };
}
