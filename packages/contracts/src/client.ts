/**
 * The typed client, built on `fetch` alone. It imports only types and plain data, so a browser bundle that uses it
 * contains no schema library.
 */
import { aborted, ApiError, foreign, refusal, unreachable, unsendable } from './api-error.ts';
import type { RequestCode } from './codes.ts';
import type { CookieJar, CookieTest, TestCookies } from './cookies.ts';
import type { Download } from './download.ts';
import { patiently, pause } from './patience.ts';
import type { EngineList, FetchEngine } from './engines.ts';
import type { Probe } from './probe.ts';
import type { Problem } from './problem.ts';
import type {
  ActOnDownloads,
  CreateDownloads,
  CreateProbe,
  ExplainSelection,
  RetryDownload,
  UpdateDownload,
} from './requests.ts';
import type {
  ActionResult,
  Configuration,
  DownloadChanges,
  DownloadDetail,
  DownloadList,
  DownloadsCreated,
  Explanation,
  HostResumed,
  LogLines,
  Readiness,
  Telemetry,
} from './responses.ts';
import type { Responses, RouteBody } from './route-schemas.ts';
import { ROUTES, type RouteName } from './routes.ts';
import { API_PREFIX, isTerminal, type Sort, type Status } from './vocabulary.ts';

export { ApiError } from './api-error.ts';
export * from './playlist-items.ts';
export { isRecording, mayBeKeptIncomplete } from './allowed.ts';
export { isTerminal } from './vocabulary.ts';
export type { Download, Problem, RequestCode };

export interface ClientOptions {
  /** Address of the server without `/api/v1`; a base path is kept. */
  readonly baseUrl: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly token?: string | (() => string | null);
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ListDownloads {
  readonly status?: readonly Status[];
  readonly q?: string;
  readonly sort?: Sort;
  readonly limit?: number;
  readonly cursor?: string;
  readonly offset?: number;
}

export interface CallInput<Name extends RouteName> {
  readonly id?: string;
  readonly site?: string;
  readonly host?: string;
  readonly version?: string;
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body?: RouteBody<Name>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** What a route answers: narrowing on `status` types `body`. */
export type Answer<Name extends RouteName> = {
  [Status in keyof Responses<Name> & number]: {
    readonly status: Status;
    readonly body: Responses<Name>[Status];
    readonly headers: Headers;
  };
}[keyof Responses<Name> & number];

export type SuccessBody<Name extends RouteName> = Extract<
  Answer<Name>,
  { status: 200 | 202 | 204 }
>['body'];

export interface WatchOptions extends CallOptions {
  /** Time between two requests, in milliseconds; 1,000 by default. */
  readonly intervalMs?: number;
  /** How long the server may be unreachable, as during a restart; in milliseconds, two minutes by default. */
  readonly patienceMs?: number;
}

export interface WaitOptions extends WatchOptions {
  /** Called with each new state of the record. */
  readonly onChange?: (download: Download) => void;
}

export interface Client {
  /** Resolves with any answer of the route, refusals included. Rejects when no readable answer came. */
  call<Name extends RouteName>(name: Name, input?: CallInput<Name>): Promise<Answer<Name>>;
  createDownloads(
    request: CreateDownloads,
    options?: CallOptions & { readonly idempotencyKey?: string },
  ): Promise<DownloadsCreated>;
  listDownloads(query?: ListDownloads, options?: CallOptions): Promise<DownloadList>;
  /** What changed after `rev`. Rejects with `REV_GONE` when the list has to be read again. */
  listChanges(rev: string, options?: CallOptions): Promise<DownloadChanges>;
  getDownload(id: string, options?: CallOptions): Promise<DownloadDetail>;
  cancelDownload(id: string, options?: CallOptions): Promise<Download>;
  /** Removes a record that has ended; `file` deletes its files as well. */
  purgeDownload(id: string, what: 'record' | 'file', options?: CallOptions): Promise<void>;
  retryDownload(id: string, request?: RetryDownload, options?: CallOptions): Promise<Download>;
  /** Ends the processes of a download and keeps its partial file. */
  pauseDownload(id: string, options?: CallOptions): Promise<Download>;
  resumeDownload(id: string, options?: CallOptions): Promise<Download>;
  /** Ends a running live recording and keeps what it has; the record then becomes `completed`. */
  finishDownload(id: string, options?: CallOptions): Promise<Download>;
  updateDownload(id: string, request: UpdateDownload, options?: CallOptions): Promise<Download>;
  /** Downloads that the action does not fit are in `skipped`; they are not an error. */
  actOnDownloads(request: ActOnDownloads, options?: CallOptions): Promise<ActionResult>;
  /** Tries the downloads that wait for this site at once. Rejects with `HOST_NOT_PARKED` when none wait. */
  resumeHost(host: string, options?: CallOptions): Promise<HostResumed>;
  downloadLog(id: string, after?: number, options?: CallOptions): Promise<LogLines>;
  /** Looks at a link without downloading it. Aborting ends the probe on the server as well. */
  createProbe(request: CreateProbe, options?: CallOptions): Promise<Probe>;
  /** The sites that cookies are kept for, never the cookies themselves. */
  listCookies(options?: CallOptions): Promise<readonly CookieJar[]>;
  /** Stores the cookies of a site, given in the Netscape format. Replaces earlier ones. */
  putCookies(site: string, content: string, options?: CallOptions): Promise<CookieJar>;
  deleteCookies(site: string, options?: CallOptions): Promise<void>;
  /** Probes a link of the site with its cookies. Resolves whatever the result is. */
  testCookies(site: string, request?: TestCookies, options?: CallOptions): Promise<CookieTest>;
  listEngines(options?: CallOptions): Promise<EngineList>;
  /** Sets the channel and looks for a newer yt-dlp, or fetches one version. The trial runs in the background. */
  fetchEngine(request: FetchEngine, options?: CallOptions): Promise<EngineList>;
  useEngine(version: string, options?: CallOptions): Promise<EngineList>;
  deleteEngine(version: string, options?: CallOptions): Promise<void>;
  /** What a download with this selection would run. Nothing is started. */
  explain(request?: ExplainSelection, options?: CallOptions): Promise<Explanation>;
  log(after?: number, options?: CallOptions): Promise<LogLines>;
  telemetry(options?: CallOptions): Promise<Telemetry>;
  configuration(options?: CallOptions): Promise<Configuration>;
  /** Also resolves when the server is not ready: check `ready`. */
  readiness(options?: CallOptions): Promise<Readiness>;
  /** The absolute address of a relative link from the server, such as `download_url`. */
  resolveUrl(link: string): string;
  /**
   * Changes of all downloads, endlessly and across restarts of the server. Ends when the signal aborts. The first value is
   * the newest page, and so is the first one after a restart.
   */
  watch(options?: WatchOptions): AsyncGenerator<DownloadChanges, void, void>;
  /** Resolves with the record once it is terminal, also across restarts. Rejects when the download is unknown or the signal aborts. */
  waitFor(id: string, options?: WaitOptions): Promise<Download>;
}

export function createClient(clientOptions: ClientOptions): Client {
  const base = clientOptions.baseUrl.replace(/\/+$/, '');
  const send = clientOptions.fetch ?? ((input, init) => globalThis.fetch(input, init));

  function addressOf(name: RouteName, input: CallInput<RouteName>): string {
    const route = ROUTES[name];
    const path = route.path
      .replace(':id', encodeURIComponent(input.id ?? ''))
      .replace(':site', encodeURIComponent(input.site ?? ''))
      .replace(':host', encodeURIComponent(input.host ?? ''))
      .replace(':version', encodeURIComponent(input.version ?? ''));
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(input.query ?? {})) {
      if (value === undefined) continue;
      query.set(key, Array.isArray(value) ? value.join(',') : String(value));
    }
    const search = query.toString();
    return `${base}${'isRoot' in route ? '' : API_PREFIX}${path}${search && `?${search}`}`;
  }

  async function call<Name extends RouteName>(
    name: Name,
    input: CallInput<Name> = {},
  ): Promise<Answer<Name>> {
    const headers: Record<string, string> = {
      accept: 'application/json, application/problem+json',
      ...input.headers,
    };
    const { token } = clientOptions;
    const secret = typeof token === 'function' ? token() : token;
    if (secret) headers['authorization'] = `Bearer ${secret}`;
    const init: RequestInit = { method: ROUTES[name].method, headers };
    if (input.body !== undefined) {
      headers['content-type'] = 'application/json';
      init.body = writtenAsJson(input.body);
    }
    if (input.signal) init.signal = input.signal;
    const answer = await sent(addressOf(name, input), init, input.signal);
    return answer as Answer<Name>;
  }

  async function sent(address: string, init: RequestInit, signal: AbortSignal | undefined) {
    let response: Response;
    let text: string;
    try {
      response = await send(address, init);
      text = await response.text();
    } catch (error) {
      throw signal?.aborted === true ? aborted(signal) : unreachable(error);
    }
    const { status, headers } = response;
    const isJson = /\bjson\b/.test(headers.get('content-type') ?? '');
    try {
      return { status, body: isJson ? (JSON.parse(text) as unknown) : null, headers };
    } catch (error) {
      throw foreign(status, error);
    }
  }

  async function succeed<Name extends RouteName>(
    name: Name,
    input: CallInput<Name>,
  ): Promise<SuccessBody<Name>> {
    const answer: { status: number; body: unknown; headers: Headers } = await call(name, input);
    if (answer.status < 200 || answer.status >= 300) throw refusal(answer);
    if (answer.body === null && answer.status !== 204) throw foreign(answer.status);
    return answer.body as SuccessBody<Name>;
  }

  async function* watch(options: WatchOptions = {}): AsyncGenerator<DownloadChanges, void, void> {
    const { signal, intervalMs = 1000 } = options;
    let rev: string | null = null;
    while (!signal?.aborted) {
      try {
        const changes = await patiently(options, intervalMs, () => look(rev, signal));
        if (rev === null || changes.downloads.length + changes.removed.length > 0) yield changes;
        rev = changes.rev;
        if (changes.more) continue;
      } catch (error) {
        if (signal?.aborted) return;
        // The server has restarted: read its list again.
        if (!(error instanceof ApiError) || error.code !== 'REV_GONE') throw error;
        rev = null;
        continue;
      }
      await pause(intervalMs, signal);
    }
  }

  async function look(
    rev: string | null,
    signal: AbortSignal | undefined,
  ): Promise<DownloadChanges> {
    if (rev !== null) return client.listChanges(rev, callOptions(signal));
    const list = await client.listDownloads({ limit: 200 }, callOptions(signal));
    return { downloads: list.downloads, removed: [], rev: list.rev, more: false };
  }

  async function waitFor(id: string, options: WaitOptions = {}): Promise<Download> {
    const { signal, intervalMs = 500, onChange } = options;
    let last = '';
    for (;;) {
      const { download } = await patiently(options, intervalMs, () =>
        client.getDownload(id, callOptions(signal)),
      );
      const state = JSON.stringify(download);
      if (state !== last) onChange?.(download);
      last = state;
      if (isTerminal(download.status)) return download;
      await pause(intervalMs, signal);
      if (signal?.aborted) throw aborted(signal);
    }
  }

  const client: Client = {
    call,
    createDownloads: (request, options = {}) =>
      succeed('createDownloads', {
        body: request,
        signal: options.signal,
        ...(options.idempotencyKey === undefined
          ? {}
          : { headers: { 'idempotency-key': options.idempotencyKey } }),
      }),
    listDownloads: async (query = {}, options = {}) =>
      (await succeed('listDownloads', {
        query: { ...query },
        signal: options.signal,
      })) as DownloadList,
    listChanges: async (rev, options = {}) =>
      (await succeed('listDownloads', {
        query: { since: rev },
        signal: options.signal,
      })) as DownloadChanges,
    getDownload: (id, options = {}) => succeed('getDownload', { id, signal: options.signal }),
    cancelDownload: async (id, options = {}) => {
      const body = await succeed('removeDownload', { id, signal: options.signal });
      return (body as { download: Download }).download;
    },
    purgeDownload: async (id, what, options = {}) => {
      await succeed('removeDownload', { id, query: { purge: what }, signal: options.signal });
    },
    retryDownload: async (id, request = {}, options = {}) =>
      (await succeed('retryDownload', { id, body: request, signal: options.signal })).download,
    pauseDownload: async (id, options = {}) =>
      (await succeed('pauseDownload', { id, body: {}, signal: options.signal })).download,
    resumeDownload: async (id, options = {}) =>
      (await succeed('resumeDownload', { id, body: {}, signal: options.signal })).download,
    finishDownload: async (id, options = {}) =>
      (await succeed('finishDownload', { id, body: {}, signal: options.signal })).download,
    updateDownload: async (id, request, options = {}) =>
      (await succeed('updateDownload', { id, body: request, signal: options.signal })).download,
    actOnDownloads: (request, options = {}) =>
      succeed('actOnDownloads', { body: request, signal: options.signal }),
    resumeHost: (host, options = {}) =>
      succeed('resumeHost', { host, body: {}, signal: options.signal }),
    downloadLog: (id, after, options = {}) =>
      succeed('downloadLog', { id, query: { after }, signal: options.signal }),
    createProbe: (request, options = {}) =>
      succeed('createProbe', { body: request, signal: options.signal }),
    listCookies: async (options = {}) =>
      (await succeed('listCookies', { signal: options.signal })).jars,
    putCookies: async (site, content, options = {}) =>
      (await succeed('putCookies', { site, body: { content }, signal: options.signal })).jar,
    deleteCookies: async (site, options = {}) => {
      await succeed('deleteCookies', { site, signal: options.signal });
    },
    testCookies: (site, request = {}, options = {}) =>
      succeed('testCookies', { site, body: request, signal: options.signal }),
    listEngines: (options = {}) => succeed('listEngines', { signal: options.signal }),
    fetchEngine: (request, options = {}) =>
      succeed('fetchEngine', { body: request, signal: options.signal }),
    useEngine: (version, options = {}) =>
      succeed('useEngine', { version, body: {}, signal: options.signal }),
    deleteEngine: async (version, options = {}) => {
      await succeed('deleteEngine', { version, signal: options.signal });
    },
    explain: (request = {}, options = {}) =>
      succeed('explain', { body: request, signal: options.signal }),
    log: (after, options = {}) => succeed('log', { query: { after }, signal: options.signal }),
    telemetry: (options = {}) => succeed('telemetry', { signal: options.signal }),
    configuration: (options = {}) => succeed('configuration', { signal: options.signal }),
    readiness: async (options = {}) => {
      const answer: { status: number; body: unknown; headers: Headers } = await call('readiness', {
        signal: options.signal,
      });
      const isOurs = answer.status === 200 || (answer.status === 503 && isReadiness(answer.body));
      if (!isOurs) throw refusal(answer);
      if (!isReadiness(answer.body)) throw foreign(answer.status);
      return answer.body;
    },
    resolveUrl: (link) => (/^https?:/.test(base) ? new URL(link, base).href : link),
    watch,
    waitFor,
  };
  return client;
}

function writtenAsJson(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (error) {
    throw unsendable(error);
  }
}

function callOptions(signal: AbortSignal | undefined): CallOptions {
  return signal ? { signal } : {};
}

function isReadiness(body: unknown): body is Readiness {
  return typeof body === 'object' && body !== null && 'checks' in body;
}
