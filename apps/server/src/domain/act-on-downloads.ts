import type { Action, ActionResult, ActOnDownloads, RequestCode, Status } from '@artemis/contracts';
import type { Downloads } from './downloads.ts';
import { RequestError } from './errors.ts';

/** What becomes of a child when the same is done with its playlist. */
const FAMILY_RESULT: Partial<Record<Action, Status>> = {
  cancel: 'cancelled',
  pause: 'paused',
  resume: 'queued',
};

/**
 * One action on many downloads. What cannot be acted on is skipped with the code that a call for it alone would have
 * answered; a history that cannot be written ends the whole call.
 * @throws {RequestError} VALIDATION_FAILED unless there is exactly one of ids and filter
 */
export async function actOnDownloads(
  downloads: Downloads,
  request: ActOnDownloads,
): Promise<ActionResult> {
  const { action, ids, filter } = request;
  if ((ids === undefined) === (filter === undefined)) {
    throw new RequestError('VALIDATION_FAILED', 'The body needs exactly one of ids and filter.', {
      details: [{ path: '', message: 'needs exactly one of ids and filter' }],
    });
  }
  const chosen =
    ids ??
    (await downloads.find({
      statuses: filter?.status ? new Set(filter.status) : null,
      q: filter?.q ?? null,
    }));
  const all = new Set(chosen);
  const started = new Map<string, Promise<RequestCode | null>>();
  const parents =
    action in FAMILY_RESULT ? await parentsOf(all, downloads) : new Map<string, string>();
  const isCovered = (id: string) => parents.has(id);

  /** Null: done. Its parent takes a child along, which then has nothing left to do. */
  async function codeOf(id: string): Promise<RequestCode | null> {
    try {
      if (isCovered(id)) {
        await started.get(parents.get(id) ?? '');
        if ((await downloads.peek(id))?.status === FAMILY_RESULT[action]) return null;
      }
      await act(downloads, action, id);
      return null;
    } catch (error) {
      if (error instanceof RequestError && error.status < 500) return error.code;
      throw error;
    }
  }

  for (const id of all) if (!isCovered(id)) started.set(id, codeOf(id));
  for (const id of all) if (isCovered(id)) started.set(id, codeOf(id));
  const results = await Promise.all(
    [...all].map(async (id) => ({ id, code: (await started.get(id)) ?? null })),
  );
  return {
    affected: results.flatMap(({ id, code }) => (code === null ? [id] : [])),
    skipped: results.flatMap(({ id, code }) => (code === null ? [] : [{ id, code }])),
  };
}

/** Of those whose parent is acted on too. */
async function parentsOf(
  ids: ReadonlySet<string>,
  downloads: Downloads,
): Promise<ReadonlyMap<string, string>> {
  const known = await Promise.all([...ids].map((id) => downloads.peek(id)));
  return new Map(
    known.flatMap((download) => {
      const parentId = download?.parent_id ?? null;
      return download && parentId !== null && ids.has(parentId) ? [[download.id, parentId]] : [];
    }),
  );
}

async function act(downloads: Downloads, action: Action, id: string): Promise<unknown> {
  switch (action) {
    case 'cancel':
      return downloads.cancel(id);
    case 'retry':
      return downloads.retry(id, {});
    case 'pause':
      return downloads.pause(id);
    case 'resume':
      return downloads.resume(id);
    case 'purge_record':
      return downloads.purge(id, 'record');
    case 'purge_file':
      return downloads.purge(id, 'file');
  }
}
