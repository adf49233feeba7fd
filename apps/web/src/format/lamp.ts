import type { Download } from '@artemis/contracts';
import type { Dictionary } from '../text/words.ts';
import type { Formatter } from './format.ts';

export interface Lamp {
  readonly icon: string;
  readonly tone: string;
  readonly word: string;
}

/** It had a file. A list has none of its own, and neither have subtitles alone or a simulation. */
export function isFileGone(download: Download): boolean {
  const { status, storage_path: path, file_size: bytes } = download;
  return status === 'completed' && path === null && bytes !== null;
}

/** How far a playlist has come; null for anything else. */
export function entriesText({ entries }: Download, t: Dictionary): string | null {
  return (
    entries &&
    t.entriesState({
      done: entries.done,
      total: entries.total,
      failed: entries.failed,
      skipped: entries.skipped,
    })
  );
}

/** Shape, colour and word of a record's state. The shape carries the meaning; colour repeats it. */
export function lampOf(download: Download, t: Dictionary): Lamp {
  switch (download.status) {
    case 'queued':
      return download.waiting_for !== 'slot' &&
        (download.retry_at !== null || download.waiting_for === 'disk')
        ? { icon: 'cooling', tone: 'warn', word: t.statusQueued }
        : { icon: 'waiting', tone: 'faint', word: t.statusQueued };
    case 'running':
      return runningLamp(download, t);
    case 'paused':
      return { icon: 'paused', tone: 'paused', word: t.statusPaused };
    case 'completed':
      return isFileGone(download)
        ? { icon: 'gone', tone: 'faint', word: t.statusCompleted }
        : { icon: 'done', tone: 'ok', word: t.statusCompleted };
    case 'failed':
      return { icon: 'failed', tone: 'err', word: t.statusFailed };
    case 'cancelled':
      return { icon: 'cancelled', tone: 'faint', word: t.statusCancelled };
  }
}

function runningLamp(download: Download, t: Dictionary): Lamp {
  switch (download.phase) {
    case 'extracting':
      return { icon: 'probing', tone: 'info', word: t.phaseExtracting };
    case 'processing':
      return { icon: 'finishing', tone: 'accent', word: t.phaseProcessing };
    case 'verifying':
      return { icon: 'finishing', tone: 'accent', word: t.phaseVerifying };
    case 'storing':
      return { icon: 'finishing', tone: 'accent', word: t.phaseStoring };
    case 'downloading':
      return { icon: 'running', tone: 'accent', word: t.phaseDownloading };
    case null:
      return { icon: 'running', tone: 'accent', word: t.statusRunning };
  }
}

/** Why a queued record has not started, in words; null when there is nothing to say. */
export function waitingText(
  download: Download,
  t: Dictionary,
  format: Formatter,
  now: number,
): string | null {
  const { retry_at: at } = download;
  const seconds = at === null ? 0 : (Date.parse(at) - now) / 1000;
  const span = () => format.span(Math.ceil(seconds));
  switch (download.waiting_for) {
    case 'slot':
      return t.waitingSlot;
    case 'host':
      return seconds > 0 ? t.waitingSite({ time: span() }) : t.waitingHost;
    case 'disk':
      return t.waitingDisk;
    case 'retry':
      return seconds > 0 ? t.waitingRetry({ time: span() }) : t.waitingRetrySoon;
    case 'release':
      return at !== null && seconds > 0
        ? t.waitingRelease({ at: format.dateTime(at) })
        : t.waitingReleaseSoon;
    case 'engine':
      return t.waitingEngine;
    case null:
      return null;
  }
}

export function titleOf(download: Pick<Download, 'title' | 'url'>): string {
  return download.title ?? readable(download.url.replace(/^https?:\/\/(www\.)?/, ''));
}

/** Without the `%20` and `%2C` of an address, where it is one that can be decoded. */
function readable(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return address;
  }
}

/** The figure of a progress bar; null when the progress is unknown. */
export function barValue(download: Download): number | null {
  if (download.status !== 'running') return download.progress;
  if (
    download.phase === 'downloading' &&
    (download.total_bytes !== null || download.progress > 0)
  ) {
    return download.progress;
  }
  return download.progress >= 100 || download.phase !== 'downloading' ? null : download.progress;
}
