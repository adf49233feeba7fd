import type { Action, Status } from '@artemis/contracts/vocabulary';
import type { Actions, ActionParts } from './actions.svelte.ts';
import type { ListQuery } from './windowed-list.svelte.ts';

export type BulkVerb = 'cancel' | 'remove' | 'retry' | 'pause' | 'resume';

/** Rows by id, or all that match a query except some. */
export type BulkTarget =
  | { readonly ids: readonly string[] }
  | { readonly query: ListQuery; readonly except: ReadonlySet<string> };

const VERBS: Readonly<Record<BulkVerb, { action: Action; statuses: readonly Status[] }>> = {
  cancel: { action: 'cancel', statuses: ['queued', 'running', 'paused'] },
  remove: { action: 'purge_record', statuses: ['completed', 'failed', 'cancelled'] },
  retry: { action: 'retry', statuses: ['failed', 'cancelled'] },
  pause: { action: 'pause', statuses: ['queued', 'running'] },
  resume: { action: 'resume', statuses: ['paused'] },
};
const IDS_PER_CALL = 500;

/**
 * One action on many rows, in one call. Rows whose state does not allow the action are left alone. What cannot be taken back is sent after the undo time.
 */
export class Bulk {
  readonly #parts: ActionParts;
  readonly #actions: Actions;

  constructor(parts: ActionParts, actions: Actions) {
    this.#parts = parts;
    this.#actions = actions;
  }

  async run(verb: BulkVerb, target: BulkTarget): Promise<void> {
    try {
      if ('ids' in target) this.#runIds(verb, this.#allowed(verb, target.ids));
      else if (target.except.size === 0) await this.#runQuery(verb, target);
      else this.#runIds(verb, await this.#collect(verb, target.query, target.except));
    } catch (error) {
      this.#actions.refused(error);
    }
  }

  /** The ids that a question about deleting files is about. */
  async idsWithFiles(target: BulkTarget): Promise<readonly string[]> {
    const ids =
      'ids' in target ? target.ids : await this.#collect('remove', target.query, target.except);
    return ids.filter((id) => (this.#parts.downloads.get(id)?.storage_path ?? null) !== null);
  }

  #allowed(verb: BulkVerb, ids: readonly string[]): readonly string[] {
    const { statuses } = VERBS[verb];
    return ids.filter((id) => {
      const record = this.#parts.downloads.get(id);
      return record === undefined || statuses.includes(record.status);
    });
  }

  #runIds(verb: BulkVerb, ids: readonly string[]): void {
    const { downloads, text, undo } = this.#parts;
    if (ids.length === 0) {
      this.#parts.toasts.show(text.all.toastNothing);
      return;
    }
    if (ids.length === 1) {
      this.#one(verb, ids);
      return;
    }
    if (verb === 'cancel' || verb === 'remove') {
      downloads.markLeaving(ids, verb);
      undo.do({
        text:
          verb === 'cancel'
            ? text.all.toastCancelled({ count: ids.length })
            : text.all.toastRemoved({ count: ids.length }),
        undo: () => downloads.unmarkLeaving(ids),
        commit: () => void this.#send(verb, ids).finally(() => downloads.unmarkLeaving(ids)),
      });
      return;
    }
    void this.#send(verb, ids).then((affected) => this.#say(verb, affected));
  }

  #one(verb: BulkVerb, ids: readonly string[]): void {
    switch (verb) {
      case 'cancel':
        return this.#actions.cancel(ids);
      case 'remove':
        return this.#actions.remove(ids);
      case 'retry':
        return void this.#actions.retry(ids);
      case 'pause':
        return void this.#actions.pause(ids);
      case 'resume':
        return void this.#actions.resume(ids);
    }
  }

  async #runQuery(verb: BulkVerb, target: { query: ListQuery }): Promise<void> {
    const { client, sync, text, undo } = this.#parts;
    const { action, statuses: allowed } = VERBS[verb];
    const { statuses, q } = target.query;
    const status =
      statuses.length === 0 ? allowed : statuses.filter((one) => allowed.includes(one));
    if (status.length === 0) {
      this.#parts.toasts.show(text.all.toastNothing);
      return;
    }
    const filter = { status: [...status], ...(q === '' ? {} : { q }) };
    const send = async (): Promise<readonly string[]> => {
      const answer = await client.actOnDownloads({ action, filter });
      sync.lookNow();
      return answer.affected;
    };
    if (verb === 'cancel' || verb === 'remove') {
      // Of all that match, some are in no state for it; only the server has seen every one.
      const { total } = await client.listDownloads({ ...filter, limit: 1 });
      if (total === 0) {
        this.#parts.toasts.show(text.all.toastNothing);
        return;
      }
      undo.do({
        text:
          verb === 'cancel'
            ? text.all.toastCancelled({ count: total })
            : text.all.toastRemoved({ count: total }),
        undo: () => undefined,
        commit: () => void send().catch((error: unknown) => this.#actions.refused(error)),
      });
      return;
    }
    this.#say(verb, await send());
  }

  #say(verb: BulkVerb, affected: readonly string[]): void {
    const { text, toasts, undo } = this.#parts;
    const count = affected.length;
    if (verb === 'pause' || verb === 'resume') {
      const inverse: BulkVerb = verb === 'pause' ? 'resume' : 'pause';
      undo.do({
        text: verb === 'pause' ? text.all.toastPaused({ count }) : text.all.toastResumed({ count }),
        undo: () => void this.#send(inverse, affected),
      });
    } else toasts.show(text.all.toastRetried({ count }));
  }

  async #send(verb: BulkVerb, ids: readonly string[]): Promise<readonly string[]> {
    const { client, sync, text, toasts } = this.#parts;
    const affected: string[] = [];
    let skipped = 0;
    try {
      for (let at = 0; at < ids.length; at += IDS_PER_CALL) {
        const answer = await client.actOnDownloads({
          action: VERBS[verb].action,
          ids: ids.slice(at, at + IDS_PER_CALL),
        });
        affected.push(...answer.affected);
        skipped += answer.skipped.length;
      }
    } catch (error) {
      this.#actions.refused(error);
    }
    if (skipped > 0) toasts.show(text.all.toastSkipped({ count: skipped }));
    sync.lookNow();
    return affected;
  }

  /** Every id that matches, page by page, for what one call cannot say. */
  async #collect(
    verb: BulkVerb,
    query: ListQuery,
    except: ReadonlySet<string>,
  ): Promise<readonly string[]> {
    const { client, downloads } = this.#parts;
    const { statuses: allowed } = VERBS[verb];
    const status =
      query.statuses.length === 0 ? allowed : query.statuses.filter((one) => allowed.includes(one));
    const ids: string[] = [];
    if (status.length === 0) return ids;
    let cursor: string | null = null;
    do {
      const list: Awaited<ReturnType<typeof client.listDownloads>> = await client.listDownloads({
        status,
        ...(query.q === '' ? {} : { q: query.q }),
        limit: 200,
        ...(cursor === null ? {} : { cursor }),
      });
      downloads.learn(list.downloads, list.rev);
      for (const record of list.downloads) if (!except.has(record.id)) ids.push(record.id);
      cursor = list.next_cursor;
    } while (cursor !== null);
    return ids;
  }
}
