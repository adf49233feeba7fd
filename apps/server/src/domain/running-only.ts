import { actionsOf, type Download } from '@artemis/contracts';
import { RequestError } from './errors.ts';

/** An attempt that runs now, and how it is ended. */
export interface Run {
  readonly controller: AbortController;
  /** For a live recording alone. */
  readonly finisher: AbortController;
  readonly ended: Promise<void>;
}

/** Of a cancelled one no process is left after half of it. */
const LONGEST_END_MS = 10_000;

/**
 * The download once it has ended and its attempt has put the work folder away, which takes a moment longer. An attempt
 * that cannot write its end into the history does not end.
 * @throws {RequestError} STILL_ACTIVE
 */
export async function ended(
  read: () => Promise<Download>,
  run: Run | undefined,
): Promise<Download> {
  requireTerminal(await read());
  let timer: NodeJS.Timeout | undefined;
  const hasEnded = await Promise.race([
    run?.ended.then(() => true) ?? true,
    new Promise<false>((resolve) => {
      timer = setTimeout(resolve, LONGEST_END_MS, false);
    }),
  ]);
  clearTimeout(timer);
  if (!hasEnded) {
    throw new RequestError('STILL_ACTIVE', 'This download is still ending; try again in a moment.');
  }
  // It may have been retried meanwhile.
  const download = await read();
  requireTerminal(download);
  return download;
}

function requireTerminal(download: Download): void {
  if (actionsOf(download).has('purge')) return;
  throw new RequestError('STILL_ACTIVE', 'This download is still active. Cancel it first.');
}

/** @throws {RequestError} NOT_PAUSABLE */
export function requirePausable(download: Download): void {
  if (actionsOf(download).has('pause')) return;
  throw new RequestError(
    'NOT_PAUSABLE',
    download.status === 'running'
      ? 'A download can be paused while it is being read or downloaded, and not when it is live.'
      : `Only a queued or running download can be paused; this one is ${download.status}.`,
  );
}

/** @throws {RequestError} NOT_FINISHABLE */
export function requireRecording(download: Download): void {
  if (actionsOf(download).has('finish')) return;
  throw new RequestError(
    'NOT_FINISHABLE',
    'Only a live recording can be finished, while it is being downloaded.',
  );
}
