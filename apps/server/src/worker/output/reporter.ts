import { PROGRESS_EVERY_MS, type LogLevel, type Metadata, type Said } from '@artemis/contracts';
import type { TaskEvent } from '../../domain/attempt.ts';
import type { ProgressFigure } from './progress.ts';

/** Sends the events of an attempt to the main thread. */
export interface Reporter {
  log(this: void, level: LogLevel, words: string | Said): void;
  metadata(metadata: Metadata): void;
  /** Sends the first call of an attempt only. */
  space(totalBytes: number, presentBytes: number): void;
  /** Sends at most one figure in `PROGRESS_EVERY_MS`, and only changed ones. */
  progress(figure: ProgressFigure): void;
  /** Sends a changed figure at once: for the end of a phase, when no other figure follows soon. */
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
    log: (level, words) =>
      send(
        typeof words === 'string'
          ? { kind: 'log', level, text: words }
          : { kind: 'log', level, text: words.message, said: words },
      ),
    metadata: (metadata) => send({ kind: 'metadata', metadata }),
    space(totalBytes, presentBytes) {
      if (isSpaceSent) return;
      isSpaceSent = true;
      send({ kind: 'space', totalBytes, presentBytes });
    },
    progress(figure) {
      if (performance.now() - sentAtMs >= PROGRESS_EVERY_MS) progressNow(figure);
    },
    progressNow,
  };
}

function isSame(a: ProgressFigure, b: ProgressFigure): boolean {
  return (Object.keys(a) as (keyof ProgressFigure)[]).every((field) => a[field] === b[field]);
}
