import type { CreateProbe, Probe, Selection } from '@artemis/contracts';
import type { ProbedMedia } from './attempt.ts';
import type { LentCookies } from './ports.ts';
import { downloadError, RequestError } from './errors.ts';
import { createProbeMemory } from './links/probe-memory.ts';
import type { ProbedMediaCache } from './links/probed-media.ts';
import type { CheckUrl } from './links/url-policy.ts';
import type { Prober } from './ports.ts';
import type { Logger } from './records.ts';
import type { ListedLanguages } from './selection/language-tags.ts';
import type { OutputPlanner } from './selection/planned-output.ts';
import { canonicalJson, selectionOf } from './selection/presets.ts';

const MOST_AT_ONCE = 2;
const RETRY_SECONDS = 3;

export interface ProbesDependencies {
  readonly prober: Prober;
  readonly checkUrl: CheckUrl;
  readonly lendCookies: (url: string) => LentCookies | null;
  readonly probedMedia: ProbedMediaCache;
  readonly listedLanguages: Pick<ListedLanguages, 'add'>;
  /** Where a download would be stored. */
  readonly planOutput: OutputPlanner;
  /** Whether a playlist that leaves out what was downloaded would leave out this link. */
  readonly isDownloaded: (selection: Selection, url: string) => boolean;
  readonly logger: Logger;
  /** Of a clock that nobody sets. */
  readonly nowMs?: () => number;
}

/** What links lead to, for people who have not decided yet. */
export interface Probes {
  /**
   * Probes a link with the cookies of its site. The same question within 6 h is answered from memory, unless a fresh
   * answer is asked for. Aborting ends the processes of the probe.
   * @throws {RequestError} URL_NOT_ALLOWED, TOO_MANY_PROBES, SHUTTING_DOWN, PROBE_FAILED with its failure, or as `selectionOf` does
   */
  probe(request: CreateProbe, signal: AbortSignal, isFresh?: boolean): Promise<Probe>;
  /** Ends running probes; resolves when none of their processes is left. */
  close(): Promise<void>;
}

interface Answer {
  readonly probe: Probe;
  readonly media: ProbedMedia | null;
}

/** Probes two links at a time and remembers a hundred answers. */
export function createProbes(dependencies: ProbesDependencies): Probes {
  const { prober, checkUrl, lendCookies, probedMedia } = dependencies;
  const kept = createProbeMemory<Answer>(
    dependencies.nowMs ?? (() => performance.now()),
    // Without what a download may begin from, they are small.
    () => 0,
  );
  let running = 0;
  let isClosing = false;

  /** Other downloads may have come or gone since the probe. */
  async function shown({ probe, media }: Answer, selection: Selection): Promise<Probe> {
    if (probe.kind === 'playlist') {
      const entries = probe.entries.map((entry) => {
        const verdict = entry.url === null ? null : checkUrl(entry.url);
        const isKnown = verdict?.ok === true && dependencies.isDownloaded(selection, verdict.url);
        return isKnown ? { ...entry, is_downloaded: true } : entry;
      });
      return { ...probe, entries };
    }
    if (media === null) return probe;
    return { ...probe, output: await dependencies.planOutput(selection, media.metadata) };
  }

  async function ask(
    url: string,
    selection: Selection,
    firstEntry: number,
    cookies: LentCookies | null,
    signal: AbortSignal,
  ): Promise<Answer> {
    if (isClosing) throw new RequestError('SHUTTING_DOWN', 'The server is stopping.');
    if (running >= MOST_AT_ONCE) {
      throw new RequestError(
        'TOO_MANY_PROBES',
        `At most ${MOST_AT_ONCE} links are probed at the same time.`,
        { retryAfterSeconds: RETRY_SECONDS },
      );
    }
    running += 1;
    const outcome = await prober
      .probe({ url, selection, firstEntry, cookies }, signal)
      .finally(() => (running -= 1));
    if (outcome.kind === 'seen') return outcome;
    if (outcome.kind === 'stopped') {
      throw new RequestError('SHUTTING_DOWN', 'The probe was stopped before it was done.');
    }
    const { code, detail, quote } = outcome;
    dependencies.logger.info({ failureCode: code, detail }, 'a link could not be probed');
    const { message } = downloadError(code, quote);
    throw new RequestError('PROBE_FAILED', message, { failureCode: code });
  }

  return {
    async probe(request, signal, isFresh = false) {
      const verdict = checkUrl(request.url);
      if (!verdict.ok) {
        throw new RequestError('URL_NOT_ALLOWED', `url: ${verdict.reason}`, {
          details: [{ path: '/url', ...(verdict.said ?? { message: verdict.reason }) }],
        });
      }
      const { url } = verdict;
      const selection = selectionOf(request);
      const firstEntry = Number(request.cursor ?? 1);
      const cookies = lendCookies(url);
      const key = canonicalJson([url, selection, firstEntry, cookies?.version ?? null]);
      const known = isFresh ? undefined : kept.get(key);
      if (known) return shown(known, selection);
      const answer = await ask(url, selection, firstEntry, cookies, signal);
      const { probe, media } = answer;
      if (probe.kind === 'media') {
        const ofSound = probe.formats.flatMap(({ language }) => language ?? []);
        dependencies.listedLanguages.add([
          ...probe.subtitles,
          ...probe.automatic_captions,
          ...ofSound,
        ]);
      }
      // What a download may begin from is kept once, and not for each selection.
      kept.set(key, { probe, media: media && { ...media, info: null } });
      // What a site tells somebody who has signed in is not kept: the cookies may be deleted before a download.
      const found = media && cookies !== null ? { ...media, info: null } : media;
      if (found) probedMedia.put(url, selection.options.proxy ?? null, found);
      return shown(answer, selection);
    },
    async close() {
      isClosing = true;
      await prober.close();
    },
  };
}
