import type { Action, ActionResult, ActOnDownloads } from '@artemis/contracts';
import type { Downloads } from './downloads.ts';
import { RequestError } from './errors.ts';

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
    downloads.find({
      statuses: filter?.status ? new Set(filter.status) : null,
      q: filter?.q ?? null,
    });
  const results = await Promise.all(
    [...new Set(chosen)].map(async (id) => {
      try {
        await act(downloads, action, id);
        return { id, code: null };
      } catch (error) {
        if (error instanceof RequestError && error.status < 500) return { id, code: error.code };
        throw error;
      }
    }),
  );
  return {
    affected: results.flatMap(({ id, code }) => (code === null ? [id] : [])),
    skipped: results.flatMap(({ id, code }) => (code === null ? [] : [{ id, code }])),
  };
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
