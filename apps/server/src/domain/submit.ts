import { createHash, randomUUID } from 'node:crypto';
import {
  type CreateDownloads,
  type Download,
  isTerminal,
  type ProblemDetail,
  type Selection,
} from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import { BLANK_RECORD, DEFAULT_PRIORITY } from './blank-record.ts';
import { RequestError } from './errors.ts';
import type { CheckProxy, CheckUrl } from './links/url-policy.ts';
import type { LiveDownloads } from './live-downloads.ts';
import type { FileStore, HistoryStore, IdempotencyEntry } from './ports.ts';
import {
  canonicalJson,
  requireKnownLanguages,
  requireUsableFolder,
  requireUsableProxy,
  selectionKey,
  selectionOf,
} from './selection/presets.ts';
import { storeUnavailable } from './records.ts';

/** How long an `Idempotency-Key` is known. */
export const IDEMPOTENCY_MS = 24 * 3_600_000;
/** They are written with every change of the history: beyond these the oldest keys are given up before their day. */
const MOST_KEYS = 2000;
const MOST_KEY_IDS = 20_000;
const QUEUE_FULL_RETRY_SECONDS = 15;

export interface SubmitDependencies {
  readonly live: LiveDownloads;
  readonly history: HistoryStore;
  readonly files: Pick<FileStore, 'folderProblem'>;
  readonly log: ActivityLog;
  readonly checkUrl: CheckUrl;
  readonly checkProxy: CheckProxy;
  /** Whether a probe has listed this tag of subtitles. */
  readonly isListedLanguage: (tag: string) => boolean;
  /** Puts a queued download into the queue. */
  readonly admit: (id: string) => Promise<void>;
  readonly maxQueueDepth: number;
  readonly now: () => Date;
  /** The clock as far as it can be believed: a jump of it must not forget keys. */
  readonly believedNow?: () => Date;
}

export interface SubmitResult {
  readonly downloads: readonly Download[];
  readonly duplicates: readonly string[];
  readonly removed: readonly string[];
}

export interface Submissions {
  /** Restores keys and active selections after a start. */
  recover(idempotency: readonly IdempotencyEntry[]): void;
  submit(request: CreateDownloads, idempotencyKey: string | null): Promise<SubmitResult>;
  /** An active download gets another selection: from now on that one counts for duplicates. */
  track(download: Download): void;
  /** @throws {RequestError} QUEUE_FULL when `count` more would not fit. */
  requireCapacity(count: number): void;
}

type Remembered = Pick<IdempotencyEntry, 'bodyHash' | 'at' | 'downloadIds' | 'duplicateIds'>;

interface KnownKey {
  readonly bodyHash: string;
  readonly atMs: number;
  readonly answer: Promise<Remembered>;
  /** Ids that are kept with it; null while its request is under way. */
  readonly idCount: number | null;
}

interface ActiveSelection {
  readonly id: string;
  /** Settles with the write of the record; null once that is done. */
  readonly writing: Promise<unknown> | null;
}

export function createSubmissions(dependencies: SubmitDependencies): Submissions {
  const { live, history, log, maxQueueDepth, now, believedNow = now } = dependencies;
  const keys = new Map<string, KnownKey>();
  const activeBySelection = new Map<string, ActiveSelection>();
  let reserved = 0;
  live.subscribe((change) => {
    if (change.kind !== 'changed' || change.isProgress) return;
    const { id, url, status } = change.download;
    const key = selectionKey(url, change.download);
    const known = activeBySelection.get(key);
    if (isTerminal(status) && known?.id === id) activeBySelection.delete(key);
    // An end that could not be written is taken back.
    else if (!isTerminal(status) && !known) activeBySelection.set(key, { id, writing: null });
  });

  function requireCapacity(count: number): void {
    if (live.activeCount() + reserved + count <= maxQueueDepth) return;
    throw new RequestError(
      'QUEUE_FULL',
      `The queue holds at most ${maxQueueDepth} downloads and has no place for ${count} more.`,
      { retryAfterSeconds: QUEUE_FULL_RETRY_SECONDS },
    );
  }

  function activeTwin(key: string): ActiveSelection | null {
    const found = activeBySelection.get(key);
    if (!found) return null;
    if (found.writing) return found;
    const status = live.get(found.id)?.download.status;
    if (status !== undefined && !isTerminal(status)) return found;
    activeBySelection.delete(key);
    return null;
  }

  function track(download: Download): void {
    const key = selectionKey(download.url, download);
    activeBySelection.set(key, { id: download.id, writing: null });
  }

  async function accept(
    request: CreateDownloads,
    idempotency: { key: string; bodyHash: string; surplus: readonly string[] } | null,
  ): Promise<Remembered> {
    const urls = checkedUrls(request, dependencies.checkUrl);
    const selection = selectionOf(request);
    requireUsableProxy(selection, dependencies.checkProxy);
    requireKnownLanguages(selection, dependencies.isListedLanguage);
    await requireUsableFolder(selection.options, dependencies.files);
    const at = now().toISOString();
    const fresh: Download[] = [];
    const downloadIds: string[] = [];
    const duplicateIds = new Set<string>();
    const twins: Promise<unknown>[] = [];
    const freshByKey = new Map<string, string>();

    for (const url of urls) {
      const key = selectionKey(url, selection);
      const twin = request.force ? null : activeTwin(key);
      const sibling = request.force ? undefined : freshByKey.get(key);
      const knownId = twin?.id ?? sibling;
      if (knownId !== undefined) {
        duplicateIds.add(knownId);
        downloadIds.push(knownId);
        if (twin?.writing) twins.push(twin.writing);
        continue;
      }
      const download = newDownload(url, selection, request, at);
      fresh.push(download);
      freshByKey.set(key, download.id);
      downloadIds.push(download.id);
    }

    requireCapacity(fresh.length);
    const remembered: Remembered = {
      bodyHash: idempotency?.bodyHash ?? '',
      at: new Date(keyTimeMs()).toISOString(),
      downloadIds,
      duplicateIds: [...duplicateIds],
    };
    const change = {
      put: fresh,
      ...(idempotency
        ? { remember: { ...remembered, key: idempotency.key }, forgetKeys: idempotency.surplus }
        : {}),
    };
    const write = (async () => {
      // A duplicate's first request may still be writing: nothing is kept or answered before that is durable.
      if (twins.length > 0) await Promise.all(twins);
      if (fresh.length > 0 || idempotency) await history.save(change);
    })();
    reserved += fresh.length;
    for (const [key, id] of freshByKey) activeBySelection.set(key, { id, writing: write });
    try {
      await write;
    } catch (error) {
      for (const [key, id] of freshByKey) {
        if (activeBySelection.get(key)?.id === id) activeBySelection.delete(key);
      }
      throw storeUnavailable(error);
    } finally {
      reserved -= fresh.length;
    }
    const added = fresh.map((download) => live.add(download));
    for (const [key, id] of freshByKey) {
      if (activeBySelection.get(key)?.id === id) activeBySelection.set(key, { id, writing: null });
    }
    await Promise.all(added.map(({ download }) => dependencies.admit(download.id)));
    if (fresh.length > 0) {
      const first = fresh[0]?.url ?? '';
      const what = fresh.length === 1 ? new URL(first).hostname : `${fresh.length} links`;
      log.write(
        'info',
        `Queued: ${what}`,
        fresh.length === 1 ? (fresh[0]?.id ?? null) : null,
        true,
      );
    }
    return remembered;
  }

  function answer(remembered: Remembered): SubmitResult {
    const found = remembered.downloadIds.map((id) => live.get(id)?.download ?? id);
    return {
      downloads: found.filter((entry) => typeof entry !== 'string'),
      duplicates: remembered.duplicateIds,
      removed: found.filter((entry) => typeof entry === 'string'),
    };
  }

  /** The later one: should the clock be right after all, the key is not forgotten too early. */
  function keyTimeMs(): number {
    return Math.max(now().getTime(), believedNow().getTime());
  }

  function isOld({ atMs }: KnownKey): boolean {
    return believedNow().getTime() - atMs >= IDEMPOTENCY_MS;
  }

  function forgetOldKeys(): void {
    for (const [key, entry] of keys) if (isOld(entry)) keys.delete(key);
  }

  /** The oldest keys that must go so that one more with so many ids is within the limits. */
  function surplusKeys(newIds: number): string[] {
    let keyCount = keys.size + 1;
    let idCount = newIds;
    for (const entry of keys.values()) idCount += entry.idCount ?? 0;
    const surplus: string[] = [];
    for (const [key, entry] of keys) {
      if (keyCount <= MOST_KEYS && idCount <= MOST_KEY_IDS) break;
      if (entry.idCount === null) continue;
      surplus.push(key);
      keyCount -= 1;
      idCount -= entry.idCount;
    }
    return surplus;
  }

  return {
    requireCapacity,
    track,
    recover(idempotency) {
      for (const entry of idempotency) {
        const { key, bodyHash, at } = entry;
        const idCount = entry.downloadIds.length + entry.duplicateIds.length;
        keys.set(key, { bodyHash, atMs: Date.parse(at), answer: Promise.resolve(entry), idCount });
      }
      for (const { download } of live.all()) if (!isTerminal(download.status)) track(download);
      forgetOldKeys();
    },
    async submit(request, idempotencyKey) {
      if (idempotencyKey === null) return answer(await accept(request, null));
      const bodyHash = createHash('sha256').update(canonicalJson(request)).digest('base64url');
      forgetOldKeys();
      const known = keys.get(idempotencyKey);
      if (known) {
        if (known.bodyHash === bodyHash) return answer(await known.answer);
        throw new RequestError(
          'IDEMPOTENCY_CONFLICT',
          'This Idempotency-Key was used for a request with another body within the last 24 hours.',
        );
      }
      const surplus = surplusKeys(request.urls?.length ?? 1);
      const accepted = accept(request, { key: idempotencyKey, bodyHash, surplus });
      const entry = { bodyHash, atMs: keyTimeMs(), answer: accepted, idCount: null };
      keys.set(idempotencyKey, entry);
      try {
        const remembered = await accepted;
        const idCount = remembered.downloadIds.length + remembered.duplicateIds.length;
        if (keys.get(idempotencyKey) === entry) keys.set(idempotencyKey, { ...entry, idCount });
        for (const key of surplus) keys.delete(key);
        return answer(remembered);
      } catch (error) {
        // Only a 202 is remembered.
        if (keys.get(idempotencyKey) === entry) keys.delete(idempotencyKey);
        throw error;
      }
    },
  };
}

function checkedUrls(request: CreateDownloads, checkUrl: CheckUrl): readonly string[] {
  if ((request.url === undefined) === (request.urls === undefined)) {
    throw new RequestError('VALIDATION_FAILED', 'The body needs exactly one of url and urls.', {
      details: [{ path: '', message: 'needs exactly one of url and urls' }],
    });
  }
  const raw = request.urls ?? [request.url ?? ''];
  const verdicts = raw.map(checkUrl);
  const details = verdicts.flatMap((verdict, index): ProblemDetail[] => {
    if (verdict.ok) return [];
    const message = verdict.reason;
    return request.urls
      ? [{ path: `/urls/${index}`, message, index }]
      : [{ path: '/url', message }];
  });
  if (details.length > 0) {
    const [first] = details;
    const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
    throw new RequestError(
      'URL_NOT_ALLOWED',
      `${first?.path.slice(1)}: ${first?.message.replace(/\.$/, '')}${more}. Nothing was queued.`,
      { details },
    );
  }
  return verdicts.flatMap((verdict) => (verdict.ok ? [verdict.url] : []));
}

function newDownload(
  url: string,
  selection: Selection,
  request: CreateDownloads,
  at: string,
): Download {
  return {
    ...BLANK_RECORD,
    id: randomUUID(),
    url,
    ...selection,
    waiting_for: 'slot',
    priority: request.priority ?? DEFAULT_PRIORITY,
    tags: request.tags ?? [],
    notes: request.notes ?? '',
    created_at: at,
    updated_at: at,
  };
}
