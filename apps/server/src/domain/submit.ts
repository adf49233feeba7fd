import { createHash, randomUUID } from 'node:crypto';
import {
  say,
  type CreateDownloads,
  type Download,
  type ProblemDetail,
  type Selection,
} from '@artemis/contracts';
import type { ActivityLog } from './activity-log.ts';
import { BLANK_RECORD, DEFAULT_PRIORITY } from './blank-record.ts';
import type { Submitted } from './download-store.ts';
import { RequestError } from './errors.ts';
import type { CheckProxy, CheckUrl } from './links/url-policy.ts';
import type { FileStore } from './ports.ts';
import { queueFull, type Records } from './records.ts';
import {
  canonicalJson,
  requireKnownLanguages,
  requireUsableFolder,
  requireUsableProxy,
  selectionKey,
  selectionOf,
} from './selection/presets.ts';

export interface SubmitDependencies {
  readonly records: Pick<Records, 'recall' | 'submit'>;
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
}

export interface SubmitResult {
  readonly downloads: readonly Download[];
  readonly duplicates: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Queues what is asked for, all or nothing; durable when resolved.
 * @throws {RequestError} for a request that cannot be taken, QUEUE_FULL, IDEMPOTENCY_CONFLICT, STORE_UNAVAILABLE
 */
export async function submitDownloads(
  request: CreateDownloads,
  idempotencyKey: string | null,
  dependencies: SubmitDependencies,
): Promise<SubmitResult> {
  const { records } = dependencies;
  const idempotency =
    idempotencyKey === null ? null : { key: idempotencyKey, bodyHash: hashOf(request) };
  // What was accepted once is answered again, also when it could not be accepted any more.
  const recalled = idempotency && (await records.recall(idempotency));
  if (recalled) return answerOf(recalled, dependencies);
  const urls = checkedUrls(request, dependencies.checkUrl);
  const selection = selectionOf(request);
  requireUsableProxy(selection, dependencies.checkProxy);
  requireKnownLanguages(selection, dependencies.isListedLanguage);
  await requireUsableFolder(selection.options, dependencies.files);
  const at = dependencies.now().toISOString();
  const submitted = await records.submit({
    downloads: urls.map((url) => ({
      download: newDownload(url, selection, request, at),
      selectionKey: selectionKey(url, selection),
    })),
    isForced: request.force === true,
    mostActive: dependencies.maxQueueDepth,
    idempotency,
  });
  const answer = answerOf(submitted, dependencies);
  const fresh = answer.fresh.map(({ download }) => download);
  await Promise.all(fresh.map(({ id }) => dependencies.admit(id)));
  tell(fresh, dependencies.log);
  return answer;
}

function answerOf(submitted: Submitted, { maxQueueDepth }: SubmitDependencies) {
  if (submitted.kind === 'full') throw queueFull(maxQueueDepth, submitted.count);
  if (submitted.kind === 'key-conflict') {
    throw new RequestError(
      'IDEMPOTENCY_CONFLICT',
      'This Idempotency-Key was used for a request with another body within the last 24 hours.',
    );
  }
  return submitted;
}

function tell(fresh: readonly Download[], log: ActivityLog): void {
  const [first] = fresh;
  if (!first) return;
  if (fresh.length > 1)
    return log.write('info', say('QUEUED_MANY', { count: fresh.length }), null, true);
  log.write('info', say('QUEUED', { name: new URL(first.url).hostname }), first.id, true);
}

function hashOf(request: CreateDownloads): string {
  return createHash('sha256').update(canonicalJson(request)).digest('base64url');
}

function checkedUrls(request: CreateDownloads, checkUrl: CheckUrl): readonly string[] {
  if ((request.url === undefined) === (request.urls === undefined)) {
    throw new RequestError('VALIDATION_FAILED', 'The body needs exactly one of url and urls.', {
      details: [{ path: '', ...say('NEEDS_ONE_LINK_FIELD') }],
    });
  }
  const raw = request.urls ?? [request.url ?? ''];
  const verdicts = raw.map(checkUrl);
  const details = verdicts.flatMap((verdict, index): ProblemDetail[] => {
    if (verdict.ok) return [];
    const why = verdict.said ?? { message: verdict.reason };
    return request.urls ? [{ path: `/urls/${index}`, ...why, index }] : [{ path: '/url', ...why }];
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
