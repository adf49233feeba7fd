import { Type, type Static } from '@sinclair/typebox';
import { Download } from './download.ts';
import { LogLine, Telemetry } from './responses.ts';
import { Uuid } from './schemas.ts';

/** At most four a second of each download: what a thread reports, and what `GET /events` sends. */
export const PROGRESS_EVERY_MS = 250;

/** What `GET /events` sends: the `data` of each event, by the name of the event. */
export const STREAM_EVENTS = {
  download: Download,
  removed: Type.Object({ id: Uuid }),
  log: LogLine,
  telemetry: Telemetry,
  reset: Type.Object({}, { description: 'events were missed: read the lists again' }),
} as const;

export type StreamEventName = keyof typeof STREAM_EVENTS;

export type StreamEventData<Name extends StreamEventName> = Static<(typeof STREAM_EVENTS)[Name]>;

export type StreamEvent = {
  [Name in StreamEventName]: { readonly name: Name; readonly data: StreamEventData<Name> };
}[StreamEventName];
