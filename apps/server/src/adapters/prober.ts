import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateProbe, Probe } from '@artemis/contracts';
import type { LentCookies } from '../domain/cookies/cookie-jars.ts';
import { downloadError, RequestError } from '../domain/errors.ts';
import { canonicalJson, selectionOf, type SelectionFields } from '../domain/selection/presets.ts';
import type { ListedLanguages } from '../domain/selection/language-tags.ts';
import type { OutputPlanner } from '../domain/selection/planned-output.ts';
import type { Logger } from '../domain/records.ts';
import type { ProbedMediaCache } from '../domain/links/probed-media.ts';
import type { UrlVerdict } from '../domain/submit.ts';
import type { ProbeOutcome, ProbedMedia } from '../domain/attempt.ts';
import type { ProbeRequest, TaskEngine } from '../worker/task.ts';
import { mayHaveCookies, needsProxyForAll } from './download-runner.piscina.ts';
import { ABSENCE_FAILURES, type EngineAbsence, type WithEngine } from './engine/engine-lease.ts';

const MOST_AT_ONCE = 2;
const RETRY_SECONDS = 3;
const KEPT_MS = 6 * 3_600_000;
const MOST_KEPT = 100;
export interface ProberOptions {
  /** Ours alone: emptied at the first look. */
  readonly folder: string;
  readonly look: (request: ProbeRequest) => Promise<ProbeOutcome>;
  readonly checkUrl: (raw: string) => UrlVerdict;
  readonly withEngine: WithEngine;
  readonly issueProxy: (upstream: string | null) => { readonly url: string; revoke(): void };
  /** Exact `host:port` that a job for this link may reach although private. */
  readonly egressAllow: (url: string) => readonly string[];
  readonly memoryBytes: number;
  readonly lendCookies: (url: string) => LentCookies | null;
  readonly probedMedia: ProbedMediaCache;
  readonly listedLanguages: Pick<ListedLanguages, 'add'>;
  /** Where a download would be stored. */
  readonly planOutput: OutputPlanner;
  /** Whether a playlist that leaves out what was downloaded would leave out this link. */
  readonly isDownloaded: (selection: SelectionFields, url: string) => boolean;
  readonly logger: Logger;
  /** Of a clock that nobody sets. */
  readonly nowMs?: () => number;
}

export interface Prober {
  /**
   * What a link leads to, seen with the cookies of its site; the same question within 6 h is answered from memory,
   * unless it asks for a fresh look. Aborting ends its processes.
   * @throws {RequestError} URL_NOT_ALLOWED, TOO_MANY_PROBES, PROBE_FAILED with its failure, or as `selectionOf` does
   */
  probe(request: CreateProbe, signal: AbortSignal, isFresh?: boolean): Promise<Probe>;
  /** Ends running looks; resolves when none of their processes is left. */
  close(): Promise<void>;
}

interface Seen {
  readonly probe: Probe;
  readonly media: ProbedMedia | null;
}

/** Looks at links, two at a time, on the thread that calls. */
export function createProber(options: ProberOptions): Prober {
  const nowMs = options.nowMs ?? (() => performance.now());
  const kept = new Map<string, Seen & { readonly atMs: number }>();
  const running = new Set<Promise<unknown>>();
  const closing = new AbortController();
  let emptied: Promise<void> | null = null;

  function remembered(key: string): Seen | null {
    const found = kept.get(key);
    if (found && nowMs() - found.atMs < KEPT_MS) return found;
    kept.delete(key);
    return null;
  }

  function remember(key: string, { probe, media }: Seen): void {
    kept.set(key, { probe, media, atMs: nowMs() });
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  }

  async function empty(): Promise<void> {
    await rm(options.folder, { recursive: true, force: true });
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
  }

  async function perform(
    url: string,
    selection: SelectionFields,
    firstEntry: number,
    cookies: LentCookies | null,
    signal: AbortSignal,
    engine: TaskEngine,
  ): Promise<ProbeOutcome> {
    if (signal.aborted) return { kind: 'stopped' };
    await (emptied ??= empty());
    const folder = await mkdtemp(join(options.folder, 'look-'));
    const proxy = options.issueProxy(selection.options.proxy ?? null);
    try {
      return await options.look({
        url,
        selection: {
          formatPreset: selection.format_preset,
          quality: selection.quality,
          options: selection.options,
        },
        firstEntry,
        folder,
        cookies: mayHaveCookies(engine.kind) ? (cookies?.text ?? null) : null,
        engine,
        egress: {
          allow: options.egressAllow(url),
          proxyUrl: proxy.url,
          isProxyForAll: needsProxyForAll(selection.options, engine.kind),
        },
        memoryBytes: options.memoryBytes,
        signal,
      });
    } finally {
      proxy.revoke();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Other downloads may have come or gone since the look. */
  async function answerOf({ probe, media }: Seen, selection: SelectionFields): Promise<Probe> {
    if (probe.kind === 'playlist') {
      const entries = probe.entries.map((entry) => {
        const verdict = entry.url === null ? null : options.checkUrl(entry.url);
        const isDownloaded = verdict?.ok === true && options.isDownloaded(selection, verdict.url);
        return isDownloaded ? { ...entry, is_downloaded: true } : entry;
      });
      return { ...probe, entries };
    }
    if (media === null) return probe;
    return { ...probe, output: await options.planOutput(selection, media.metadata) };
  }

  return {
    async probe(request, signal, isFresh = false) {
      const verdict = options.checkUrl(request.url);
      if (!verdict.ok) {
        throw new RequestError('URL_NOT_ALLOWED', `url: ${verdict.reason}`, {
          details: [{ path: '/url', message: verdict.reason }],
        });
      }
      const selection = selectionOf(request);
      const firstEntry = Number(request.cursor ?? 1);
      const cookies = options.lendCookies(verdict.url);
      const key = canonicalJson([verdict.url, selection, firstEntry, cookies?.version ?? null]);
      const known = isFresh ? null : remembered(key);
      if (known) return answerOf(known, selection);
      if (closing.signal.aborted) {
        throw new RequestError('SHUTTING_DOWN', 'The server is stopping.');
      }
      if (running.size >= MOST_AT_ONCE) {
        throw new RequestError(
          'TOO_MANY_PROBES',
          `At most ${MOST_AT_ONCE} links are looked at at the same time.`,
          { retryAfterSeconds: RETRY_SECONDS },
        );
      }
      const ended = AbortSignal.any([signal, closing.signal]);
      const looking = options.withEngine(
        (engine) => perform(verdict.url, selection, firstEntry, cookies, ended, engine),
        ended,
      );
      running.add(looking);
      const found = await looking.finally(() => running.delete(looking));
      const outcome = typeof found === 'string' ? noEngine(found, ended) : found;
      if (outcome.kind === 'seen') {
        const { probe, media } = outcome;
        if (probe.kind === 'media') {
          options.listedLanguages.add([...probe.subtitles, ...probe.automatic_captions]);
        }
        // What a download may begin from is kept once, and not for each selection.
        remember(key, { probe, media: media && { ...media, info: null } });
        // What a site tells somebody who has signed in is not kept: the cookies may be deleted before a download.
        const seen = media && cookies !== null ? { ...media, info: null } : media;
        if (seen) options.probedMedia.put(verdict.url, selection.options.proxy ?? null, seen);
        return answerOf(outcome, selection);
      }
      if (outcome.kind === 'stopped') {
        throw new RequestError('SHUTTING_DOWN', 'The look was ended before it was done.');
      }
      const { code, detail, quote } = outcome;
      options.logger.info({ failureCode: code, detail }, 'a link could not be read');
      const { message } = downloadError(code, quote);
      throw new RequestError('PROBE_FAILED', message, { failureCode: code });
    },
    async close() {
      closing.abort();
      await Promise.allSettled(running);
    },
  };
}

function noEngine(absence: EngineAbsence, { aborted }: AbortSignal): ProbeOutcome {
  return aborted ? { kind: 'stopped' } : { kind: 'failed', ...ABSENCE_FAILURES[absence] };
}
