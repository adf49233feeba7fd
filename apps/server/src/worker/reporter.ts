import type { LogLevel, Metadata, Phase } from '@artemis/contracts';
import type { TaskEvent } from './messages.ts';
import type { ProgressFigure } from './progress.ts';

const PROGRESS_INTERVAL_MS = 250;

/** Sends what happens to the main thread; progress at most four times a second, and only when it has changed. */
export interface Reporter {
  log(this: void, level: LogLevel, text: string): void;
  metadata(metadata: Metadata): void;
  progress(figure: ProgressFigure): void;
  /** A new phase is told at once. */
  phase(phase: Phase): void;
}

export function createReporter(send: (event: TaskEvent) => void): Reporter {
  let sentAtMs = -Infinity;
  let sent: ProgressFigure | null = null;

  function progress(figure: ProgressFigure, isUrgent: boolean): void {
    const nowMs = performance.now();
    if (!isUrgent && nowMs - sentAtMs < PROGRESS_INTERVAL_MS) return;
    if (sent !== null && isSame(sent, figure)) return;
    sentAtMs = nowMs;
    sent = figure;
    send({ kind: 'progress', ...figure });
  }

  return {
    log: (level, text) => send({ kind: 'log', level, text }),
    metadata: (metadata) => send({ kind: 'metadata', metadata }),
    progress: (figure) => progress(figure, false),
    phase: (phase) =>
      progress(
        {
          phase,
          progress: Math.max(sent?.progress ?? 0, phase === 'verifying' ? 99 : 0),
          downloadedBytes: sent?.downloadedBytes ?? null,
          totalBytes: sent?.totalBytes ?? null,
          speedBps: null,
          etaSeconds: null,
        },
        true,
      ),
  };
}

function isSame(a: ProgressFigure, b: ProgressFigure): boolean {
  return (Object.keys(a) as (keyof ProgressFigure)[]).every((field) => a[field] === b[field]);
}
