import { Type, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import { FileHeaders, StreamHeaders, TaggedHeaders, type PlainHeaders } from './answer-headers.ts';
import {
  CookieJars,
  CookiesParams,
  CookieTest,
  OneCookieJar,
  PutCookies,
  TestCookies,
} from './cookies.ts';
import { EngineList, EngineParams, FetchEngine } from './engines.ts';
import { STREAM_EVENTS } from './events.ts';
import { Probe } from './probe.ts';
import { Problem } from './problem.ts';
import {
  ActOnDownloads,
  CreateDownloads,
  CreateDownloadsHeaders,
  CreateProbe,
  DownloadParams,
  EventsHeaders,
  ExplainSelection,
  FileQuery,
  HostParams,
  ListDownloadsQuery,
  LogQuery,
  NoFields,
  RemoveDownloadQuery,
  RetryDownload,
  UpdateDownload,
} from './requests.ts';
import {
  ActionResult,
  Configuration,
  DownloadChanges,
  DownloadDetail,
  DownloadList,
  DownloadsCreated,
  Explanation,
  Health,
  HostResumed,
  LogLines,
  OneDownload,
  Readiness,
  Telemetry,
} from './responses.ts';
import type { RouteName } from './routes.ts';

export interface RouteSchema {
  readonly summary: string;
  readonly params?: TSchema;
  readonly querystring?: TSchema;
  readonly headers?: TSchema;
  readonly body?: TSchema;
  /** A call without a body means the same as one with `{}`. */
  readonly isBodyOptional?: boolean;
  readonly response: Readonly<Record<number, TSchema>>;
  /** Of a success, and of a 304; `PlainHeaders` when left out. */
  readonly answerHeaders?: TObject;
  /** Of a success; `application/json` when left out. */
  readonly mediaType?: string;
}

const noBody = Type.Null();

/** Refusals that several routes share. */
const reading = { 400: Problem, 401: Problem, 403: Problem, 429: Problem, 500: Problem } as const;
const readingOne = { ...reading, 404: Problem } as const;
const changing = { ...reading, 413: Problem, 415: Problem, 503: Problem } as const;
const changingOne = { ...changing, 404: Problem, 409: Problem } as const;

/** Request and answer schemas of every route. The body of every refusal is a problem document. */
export const ROUTE_SCHEMAS = {
  createDownloads: {
    summary: 'Queue one link or many',
    headers: CreateDownloadsHeaders,
    body: CreateDownloads,
    response: {
      202: DownloadsCreated,
      400: Problem,
      401: Problem,
      403: Problem,
      409: Problem,
      413: Problem,
      415: Problem,
      429: Problem,
      500: Problem,
      503: Problem,
    },
  },
  listDownloads: {
    summary: 'List downloads, or what changed since a revision',
    querystring: ListDownloadsQuery,
    answerHeaders: TaggedHeaders,
    response: {
      200: Type.Union([DownloadList, DownloadChanges]),
      304: noBody,
      400: Problem,
      401: Problem,
      403: Problem,
      410: Problem,
      429: Problem,
      500: Problem,
    },
  },
  getDownload: {
    summary: 'One download with signed links to its files',
    params: DownloadParams,
    response: { 200: DownloadDetail, ...readingOne },
  },
  removeDownload: {
    summary: 'Cancel a download, or remove one that has ended',
    params: DownloadParams,
    querystring: RemoveDownloadQuery,
    response: {
      200: OneDownload,
      204: noBody,
      400: Problem,
      401: Problem,
      403: Problem,
      404: Problem,
      409: Problem,
      429: Problem,
      500: Problem,
      503: Problem,
    },
  },
  retryDownload: {
    summary: 'Run a failed or cancelled download again',
    params: DownloadParams,
    body: RetryDownload,
    isBodyOptional: true,
    response: { 200: OneDownload, ...changingOne },
  },
  pauseDownload: {
    summary: 'Stop a download and keep what it has',
    params: DownloadParams,
    body: NoFields,
    isBodyOptional: true,
    response: { 200: OneDownload, ...changingOne },
  },
  resumeDownload: {
    summary: 'Queue a paused download again',
    params: DownloadParams,
    body: NoFields,
    isBodyOptional: true,
    response: { 200: OneDownload, ...changingOne },
  },
  finishDownload: {
    summary: 'End a running live recording and keep what it has; otherwise 409 `NOT_FINISHABLE`',
    params: DownloadParams,
    body: NoFields,
    isBodyOptional: true,
    response: { 200: OneDownload, ...changingOne },
  },
  updateDownload: {
    summary: 'Change priority, tags or notes',
    params: DownloadParams,
    body: UpdateDownload,
    response: { 200: OneDownload, ...changingOne },
  },
  actOnDownloads: {
    summary: 'One action on many downloads, by id or by filter',
    body: ActOnDownloads,
    response: { 200: ActionResult, ...changing },
  },
  resumeHost: {
    summary:
      'Try the downloads that wait for this site at once; 404 `HOST_NOT_PARKED` when none wait',
    params: HostParams,
    body: NoFields,
    isBodyOptional: true,
    response: { 200: HostResumed, ...changing, 404: Problem },
  },
  downloadFile: {
    summary: 'A stored file behind its signed link',
    params: DownloadParams,
    querystring: FileQuery,
    answerHeaders: FileHeaders,
    mediaType: '*/*',
    response: {
      200: Type.String({ format: 'binary' }),
      206: Type.String({ format: 'binary' }),
      304: noBody,
      400: Problem,
      403: Problem,
      404: Problem,
      409: Problem,
      410: Problem,
      416: Problem,
      429: Problem,
      500: Problem,
    },
  },
  downloadLog: {
    summary: 'Log lines of one download',
    params: DownloadParams,
    querystring: LogQuery,
    response: { 200: LogLines, ...readingOne },
  },
  createProbe: {
    summary: 'Look at a link without downloading it',
    body: CreateProbe,
    response: {
      200: Probe,
      400: Problem,
      401: Problem,
      403: Problem,
      413: Problem,
      415: Problem,
      422: Problem,
      429: Problem,
      500: Problem,
      503: Problem,
    },
  },
  listCookies: {
    summary: 'List the sites that cookies are kept for, without the cookies',
    response: { 200: CookieJars, ...reading },
  },
  putCookies: {
    summary: 'Store the cookies of a site, replacing earlier ones',
    params: CookiesParams,
    body: PutCookies,
    response: { 200: OneCookieJar, ...changing },
  },
  deleteCookies: {
    summary: 'Delete the cookies of a site',
    params: CookiesParams,
    response: { 204: noBody, ...readingOne, 503: Problem },
  },
  testCookies: {
    summary: 'Probe a link of a site with its cookies',
    params: CookiesParams,
    body: TestCookies,
    isBodyOptional: true,
    response: { 200: CookieTest, ...changing, 404: Problem },
  },
  listEngines: {
    summary: 'The yt-dlp versions of this computer, their trials and their success',
    response: { 200: EngineList, ...reading },
  },
  fetchEngine: {
    summary: 'Set the channel and look for a newer yt-dlp, or fetch one version, and try it',
    body: FetchEngine,
    response: { 202: EngineList, ...changing, 404: Problem },
  },
  useEngine: {
    summary: 'Run new downloads with this yt-dlp',
    params: EngineParams,
    body: NoFields,
    isBodyOptional: true,
    response: { 200: EngineList, ...changingOne },
  },
  deleteEngine: {
    summary: 'Remove a yt-dlp that is not in use; otherwise 409 `ENGINE_IN_USE`',
    params: EngineParams,
    response: { 204: noBody, ...readingOne, 409: Problem, 503: Problem },
  },
  explain: {
    summary: 'The command line that a download with this selection would run',
    body: ExplainSelection,
    isBodyOptional: true,
    response: {
      200: Explanation,
      400: Problem,
      401: Problem,
      403: Problem,
      413: Problem,
      415: Problem,
      429: Problem,
      500: Problem,
    },
  },
  events: {
    summary: 'Changes as server-sent events',
    headers: EventsHeaders,
    answerHeaders: StreamHeaders,
    mediaType: 'text/event-stream',
    response: {
      200: Type.String({
        description: `events ${Object.keys(STREAM_EVENTS).join(', ')}; after a reset read the lists again`,
      }),
      400: Problem,
      401: Problem,
      403: Problem,
      406: Problem,
      429: Problem,
      500: Problem,
      503: Problem,
    },
  },
  log: {
    summary: 'The newest console events',
    querystring: LogQuery,
    response: { 200: LogLines, ...reading },
  },
  telemetry: {
    summary: 'Counters, workers, throughput, storage and engine',
    answerHeaders: TaggedHeaders,
    response: { 200: Telemetry, 304: noBody, ...reading },
  },
  configuration: {
    summary: 'Presets, limits, features and versions',
    response: { 200: Configuration, ...reading },
  },
  health: {
    summary: 'The process is alive',
    response: { 200: Health },
  },
  readiness: {
    summary: 'Whether everything that downloads need is there',
    response: { 200: Readiness, 401: Problem, 403: Problem, 429: Problem, 503: Readiness },
  },
} as const satisfies Record<RouteName, RouteSchema>;

export type RouteSchemas = typeof ROUTE_SCHEMAS;

type StaticOf<T> = T extends TSchema ? Static<T> : never;

/** The bodies a route can answer with, by status. */
export type Responses<Name extends RouteName> = {
  [Status in keyof RouteSchemas[Name]['response']]: StaticOf<
    RouteSchemas[Name]['response'][Status]
  >;
};

/** The headers of a success, and of a 304. */
export type AnswerHeaders<Name extends RouteName> = RouteSchemas[Name] extends {
  answerHeaders: infer Headers;
}
  ? StaticOf<Headers>
  : PlainHeaders;

export type RouteBody<Name extends RouteName> = RouteSchemas[Name] extends { body: infer Body }
  ? StaticOf<Body>
  : never;

export type RouteParams<Name extends RouteName> = RouteSchemas[Name] extends {
  params: infer Params;
}
  ? StaticOf<Params>
  : never;

export type RouteQuery<Name extends RouteName> = RouteSchemas[Name] extends {
  querystring: infer Query;
}
  ? StaticOf<Query>
  : never;
