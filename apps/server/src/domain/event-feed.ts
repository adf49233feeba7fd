import { randomBytes } from 'node:crypto';
import {
  PROGRESS_EVERY_MS,
  type Download,
  type StreamEvent,
  type StreamEventName,
  type Telemetry,
} from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import type { Downloads } from './downloads.ts';

const REMEMBERED_EVENTS = 2000;
const TELEMETRY_EVERY_MS = 3000;

export type FeedEvent = Exclude<StreamEvent, { name: 'reset' }>;

export interface SentEvent {
  readonly id: string;
  readonly name: StreamEventName;
  /** One line of JSON. */
  readonly json: string;
}

/** Numbered changes for any number of watchers. Works only while somebody watches. */
export interface EventFeed {
  /**
   * Events from now on, or from after `lastId` as far as they are remembered: otherwise the first is `reset`, and
   * the watcher reads the lists again.
   * @returns ends the watching
   */
  watch(lastId: string | null, listener: (event: SentEvent) => void): () => void;
  /** What a watcher gets that missed events. */
  reset(): SentEvent;
  close(): void;
}

export interface EventFeedSources {
  readonly downloads: Pick<Downloads, 'watch' | 'view'>;
  readonly log: ActivityLog;
  readonly readTelemetry: () => Promise<Telemetry>;
}

export function createEventFeed({ downloads, log, readTelemetry }: EventFeedSources): EventFeed {
  const runId = randomBytes(6).toString('base64url');
  const listeners = new Set<(event: SentEvent) => void>();
  const progressed = new Map<string, Download>();
  let remembered: { readonly seq: number; readonly event: SentEvent }[] = [];
  let seq = 0;
  let progressTimer: NodeJS.Timeout | null = null;

  function emit(event: FeedEvent): void {
    seq += 1;
    const sent = { id: `${runId}.${seq}`, name: event.name, json: JSON.stringify(event.data) };
    remembered.push({ seq, event: sent });
    if (remembered.length > 2 * REMEMBERED_EVENTS) remembered = remembered.slice(REMEMBERED_EVENTS);
    for (const listener of listeners) listener(sent);
  }

  function emitDownload(download: Download): void {
    progressed.delete(download.id);
    emit({ name: 'download', data: downloads.view(download) });
  }

  function progressSoon(download: Download): void {
    progressed.set(download.id, download);
    progressTimer ??= setTimeout(() => {
      progressTimer = null;
      for (const next of [...progressed.values()]) emitDownload(next);
    }, PROGRESS_EVERY_MS);
  }

  const unsubscribeDownloads = downloads.watch((change) => {
    if (change.kind === 'removed') {
      progressed.delete(change.id);
      emit({ name: 'removed', data: { id: change.id } });
    } else if (change.isProgress) {
      if (listeners.size > 0) progressSoon(change.stored.download);
    } else {
      emitDownload(change.stored.download);
    }
  });
  const unsubscribeLog = log.subscribe((data) => emit({ name: 'log', data }));
  const telemetryTimer = setInterval(() => {
    if (listeners.size === 0) return;
    void readTelemetry().then((data) => emit({ name: 'telemetry', data }));
  }, TELEMETRY_EVERY_MS);
  telemetryTimer.unref();

  function missedSince(lastId: string): readonly SentEvent[] | null {
    const [run, number] = lastId.split('.');
    const last = Number(number);
    const oldest = remembered[0]?.seq ?? seq + 1;
    if (run !== runId || !Number.isInteger(last) || last > seq || last < oldest - 1) return null;
    return remembered.filter((entry) => entry.seq > last).map(({ event }) => event);
  }

  const reset = (): SentEvent => ({ id: `${runId}.${seq}`, name: 'reset', json: '{}' });

  return {
    watch(lastId, listener) {
      if (lastId !== null) {
        for (const event of missedSince(lastId) ?? [reset()]) listener(event);
      }
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reset,
    close() {
      unsubscribeDownloads();
      unsubscribeLog();
      clearInterval(telemetryTimer);
      if (progressTimer) clearTimeout(progressTimer);
    },
  };
}
