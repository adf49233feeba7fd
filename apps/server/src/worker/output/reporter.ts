import type { LogLevel, Metadata } from '@artemis/contracts';
import type { TaskEvent } from '../../domain/attempt.ts';
import type { ProgressFigure } from './progress.ts';

const PROGRESS_INTERVAL_MS = 250;

/** Sends what happens to the main thread. */
export interface Reporter {
  log(this: void, level: LogLevel, text: string): void;
  metadata(metadata: Metadata): void;
  /** Sent once: later figures of the same attempt are left out. */
  space(totalBytes: number, presentBytes: number): void;
  /** Sent at most four times a second, and only when it has changed. */
  progress(figure: ProgressFigure): void;
  /** For the last figure of a phase that no other would follow soon. */
  progressNow(figure: ProgressFigure): void;
}

export function createReporter(send: (event: TaskEvent) => void): Reporter {
  let sentAtMs = -Infinity;
  let sent: ProgressFigure | null = null;
  let isSpaceSent = false;

  function progressNow(figure: ProgressFigure): void {
    if (sent !== null && isSame(sent, figure)) return;
    sentAtMs = performance.now();
    sent = figure;
    send({ kind: 'progress', ...figure });
  }

  return {
    log: (level, text) => send({ kind: 'log', level, text }),
    metadata: (metadata) => send({ kind: 'metadata', metadata }),
    space(totalBytes, presentBytes) {
      if (isSpaceSent) return;
      isSpaceSent = true;
      send({ kind: 'space', totalBytes, presentBytes });
    },
    progress(figure) {
      if (performance.now() - sentAtMs >= PROGRESS_INTERVAL_MS) progressNow(figure);
    },
    progressNow,
  };
}

function isSame(a: ProgressFigure, b: ProgressFigure): boolean {
  return (Object.keys(a) as (keyof ProgressFigure)[]).every((field) => a[field] === b[field]);
}
