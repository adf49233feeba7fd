import { isRecording, type Download } from '@artemis/contracts';
import { RequestError } from './errors.ts';

/** An attempt that runs now, and how it is ended. */
export interface Run {
  readonly controller: AbortController;
  /** For a live recording alone. */
  readonly finisher: AbortController;
  readonly ended: Promise<void>;
}

/** @throws {RequestError} NOT_PAUSABLE */
export function requirePausable(download: Download): void {
  if (isPausable(download)) return;
  throw new RequestError(
    'NOT_PAUSABLE',
    download.status === 'running'
      ? 'A download can be paused while it is being read or downloaded, and not when it is live.'
      : `Only a queued or running download can be paused; this one is ${download.status}.`,
  );
}

/** Not while a file is being finished, and not when what is missed could not be read later. */
function isPausable({ status, phase, metadata }: Download): boolean {
  if (status === 'queued') return true;
  return (
    status === 'running' &&
    (phase === 'extracting' || phase === 'downloading') &&
    metadata.is_live !== true
  );
}

/** @throws {RequestError} NOT_FINISHABLE */
export function requireRecording(download: Download): void {
  if (isRecording(download)) return;
  throw new RequestError(
    'NOT_FINISHABLE',
    'Only a live recording can be finished, while it is being downloaded.',
  );
}
