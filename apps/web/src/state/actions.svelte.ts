import type { RetryDownload, Selection } from '@artemis/contracts';
import { ApiError, type Client, type Download } from '@artemis/contracts/client';
import type { Part } from '@artemis/contracts/vocabulary';
import { pickSelection } from '@artemis/contracts/rules';
import { copyText } from '../browser/clipboard.ts';
import { problemDetail } from '../text/problem-detail.ts';
import type { Downloads } from './downloads.svelte.ts';
import type { Settings } from './settings.svelte.ts';
import type { Sync } from './sync.svelte.ts';
import type { Text } from './text.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';
import type { Undo } from './undo.svelte.ts';

export interface ActionParts {
  readonly client: Client;
  readonly downloads: Downloads;
  readonly sync: Sync;
  readonly settings: Settings;
  readonly text: Text;
  readonly toasts: Toasts;
  readonly undo: Undo;
}

export interface DeleteQuestion {
  readonly ids: readonly string[];
  /** Bytes on the disk; null when some are not known. */
  readonly bytes: number | null;
}

/** Everything a person can do to downloads. Refusals are shown; none of these reject. */
export class Actions {
  readonly #parts: ActionParts;
  #deleteQuestion: DeleteQuestion | null = $state.raw(null);

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  cancel(ids: readonly string[]): void {
    const { text, downloads, client } = this.#parts;
    this.#later(ids, 'cancel', text.t.toastCancelled({ count: ids.length }), async (id) => {
      downloads.apply({ downloads: [await client.cancelDownload(id)], removed: [] });
    });
  }

  /** Forgets the records; the files stay. */
  remove(ids: readonly string[]): void {
    const { text, downloads, client } = this.#parts;
    this.#later(ids, 'remove', text.t.toastRemoved({ count: ids.length }), async (id) => {
      await client.purgeDownload(id, 'record');
      downloads.apply({ downloads: [], removed: [id] });
    });
  }

  /** What is about to be deleted for good, while a person is asked. */
  get deleteQuestion(): DeleteQuestion | null {
    return this.#deleteQuestion;
  }

  askToDelete(ids: readonly string[]): void {
    const records = ids.map((id) => this.#parts.downloads.get(id));
    let bytes: number | null = 0;
    for (const record of records) {
      const sizes = record?.artifacts.map((artifact) => artifact.size) ?? [];
      const size = sizes.reduce((sum, one) => sum + one, 0);
      bytes = record === undefined || bytes === null ? null : bytes + size;
    }
    this.#deleteQuestion = { ids, bytes };
  }

  async answerDelete(isYes: boolean): Promise<void> {
    const question = this.#deleteQuestion;
    this.#deleteQuestion = null;
    if (!question || !isYes) return;
    const { client, downloads, text, toasts } = this.#parts;
    const done = await this.#each(question.ids, async (id) => {
      await client.purgeDownload(id, 'file');
      downloads.apply({ downloads: [], removed: [id] });
    });
    if (done > 0) toasts.show(text.t.toastDeleted({ count: done }));
  }

  async pause(ids: readonly string[]): Promise<void> {
    const { client, text } = this.#parts;
    await this.#reversibly(
      text.t.toastPaused({ count: ids.length }),
      this.#change(ids, (id) => client.pauseDownload(id)),
      (done) => this.#resume(done),
    );
  }

  async resume(ids: readonly string[]): Promise<void> {
    const { client, text } = this.#parts;
    await this.#reversibly(text.t.toastResumed({ count: ids.length }), this.#resume(ids), (done) =>
      this.#change(done, (id) => client.pauseDownload(id)),
    );
  }

  /** Asks a site again that is left alone. */
  async tryHost(host: string): Promise<void> {
    const { client, sync, text, toasts } = this.#parts;
    try {
      await client.resumeHost(host);
      toasts.show(text.t.toastTryNow({ host }));
    } catch (error) {
      this.#refused(error);
    }
    sync.lookNow();
  }

  #resume(ids: readonly string[]): Promise<readonly string[]> {
    return this.#change(ids, (id) => this.#parts.client.resumeDownload(id));
  }

  /** Queued ones of a higher priority start first. */
  async setPriority(ids: readonly string[], next: (priority: number) => number): Promise<void> {
    const { client, downloads, text } = this.#parts;
    const before = new Map<string, number>();
    const after = new Map<string, number>();
    for (const id of ids) {
      const record = downloads.get(id);
      const priority = record && Math.max(1, Math.min(10, next(record.priority)));
      if (record?.status !== 'queued' || priority === undefined || priority === record.priority)
        continue;
      before.set(id, record.priority);
      after.set(id, priority);
    }
    if (after.size === 0) return;
    const set = (to: ReadonlyMap<string, number>, which: readonly string[]) =>
      this.#change(which, (id) => client.updateDownload(id, { priority: to.get(id) ?? 3 }));
    await this.#reversibly(text.t.toastPriority, set(after, [...after.keys()]), (done) =>
      set(before, done),
    );
  }

  /**
   * Offers undo at once, because the next key may be the one for it; taking back waits for the answer. Nothing
   * is offered any more when the server changed nothing.
   */
  async #reversibly(
    message: string,
    change: Promise<readonly string[]>,
    takeBack: (done: readonly string[]) => Promise<unknown>,
  ): Promise<void> {
    const withdraw = this.#parts.undo.do({
      text: message,
      undo: () => void change.then((done) => takeBack(done)),
    });
    if ((await change).length === 0) withdraw();
  }

  /** True when it was kept. */
  async describe(id: string, change: { tags?: string[]; notes?: string }): Promise<boolean> {
    const done = await this.#change([id], (one) => this.#parts.client.updateDownload(one, change));
    return done.length > 0;
  }

  async retry(ids: readonly string[], selection?: Selection): Promise<void> {
    await this.#retry(ids, selection ? pickSelection(selection) : {});
  }

  /** Runs it with this version of yt-dlp, whatever the others use. */
  async retryWith(id: string, engine: string): Promise<void> {
    await this.#retry([id], { engine });
  }

  /** Fetches what is missing of a completed download; the rest of it stays as it is. */
  async retryPart(id: string, part: Part): Promise<void> {
    await this.#retry([id], { parts: [part] });
  }

  /** Of a download that was cut short: makes a file of what is there. */
  async keepAsIs(id: string): Promise<void> {
    const { text } = this.#parts;
    await this.#retry([id], { accept_incomplete: true }, text.t.toastKeeping);
  }

  /** Ends a live recording with what it has. */
  async finish(id: string): Promise<void> {
    const { client, text, toasts } = this.#parts;
    const done = await this.#change([id], (one) => client.finishDownload(one));
    if (done.length > 0) toasts.show(text.t.toastFinishing);
  }

  async #retry(ids: readonly string[], request: RetryDownload, said?: string): Promise<void> {
    const { client, sync, text, toasts } = this.#parts;
    const done = await this.#change(ids, (id) => client.retryDownload(id, request));
    if (done.length > 0) toasts.show(said ?? text.t.toastRetried({ count: done.length }));
    sync.lookNow();
  }

  async save(id: string): Promise<void> {
    const { client, text, toasts } = this.#parts;
    try {
      const detail = await client.getDownload(id);
      if (detail.download_url === null) {
        toasts.show(text.t.fileGone, { kind: 'error' });
        return;
      }
      const link = document.createElement('a');
      link.href = client.resolveUrl(detail.download_url);
      link.download = '';
      document.body.append(link);
      link.click();
      link.remove();
    } catch (error) {
      this.#refused(error);
    }
  }

  async copyUrl(download: Download): Promise<void> {
    await this.#copy(download.url);
  }

  /** The place of the file as this computer calls it. */
  async copyPath(download: Download): Promise<void> {
    if (download.storage_path !== null) await this.#copy(this.localPath(download.storage_path));
  }

  localPath(path: string): string {
    for (const { from, to } of this.#parts.settings.value.pathMaps) {
      if (from !== '' && path.startsWith(from)) return to + path.slice(from.length);
    }
    return path;
  }

  async copy(value: string): Promise<void> {
    await this.#copy(value);
  }

  refused(error: unknown): void {
    this.#refused(error);
  }

  async #copy(value: string): Promise<void> {
    const { text, toasts } = this.#parts;
    if (await copyText(value)) toasts.show(text.t.toastCopied({ what: value }));
    else toasts.show(text.t.toastNotCopied({ what: value }), { kind: 'error', ms: 30_000 });
  }

  /** Shown as done now, sent when it can no longer be taken back. */
  #later(
    ids: readonly string[],
    how: 'cancel' | 'remove',
    message: string,
    send: (id: string) => Promise<void>,
  ): void {
    if (ids.length === 0) return;
    const { downloads, undo } = this.#parts;
    downloads.markLeaving(ids, how);
    undo.do({
      text: message,
      undo: () => downloads.unmarkLeaving(ids),
      commit: () => {
        void this.#each(ids, send).then(() => downloads.unmarkLeaving(ids));
      },
    });
  }

  /** Calls for each and shows the answers; resolves to the ids that were changed. */
  async #change(
    ids: readonly string[],
    run: (id: string) => Promise<Download>,
  ): Promise<readonly string[]> {
    const done: string[] = [];
    await this.#each(ids, async (id) => {
      const record = await run(id);
      this.#parts.downloads.apply({ downloads: [record], removed: [] });
      done.push(id);
    });
    return done;
  }

  /**
   * A few at a time; one refusal does not stop the rest, and only the first is shown. Resolves to how many
   * went through.
   */
  async #each(ids: readonly string[], run: (id: string) => Promise<void>): Promise<number> {
    const waiting = [...ids];
    let first: unknown = null;
    let done = 0;
    const lane = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        try {
          await run(id);
          done += 1;
        } catch (error) {
          // What is already gone is what was asked for.
          if (!(error instanceof ApiError) || error.code !== 'DOWNLOAD_NOT_FOUND') first ??= error;
        }
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    if (first !== null) this.#refused(first);
    return done;
  }

  #refused(error: unknown): void {
    const { text, toasts } = this.#parts;
    toasts.show(describeError(error, text), { kind: 'error' });
  }
}

/** One sentence for people about a call that failed. */
export function describeError(error: unknown, text: Text): string {
  const { t } = text;
  if (error instanceof ApiError && error.status !== 0) {
    const { retryAfterSeconds: seconds, code } = error;
    if (code === 'QUEUE_FULL') return t.errorQueueFull;
    if (error.status === 429 && seconds !== null)
      return t.errorSlowDown({ time: text.format.span(seconds) });
    if (code === null || !error.problem) return t.errorAnswered({ status: error.status });
    const words = t.codes?.requests[code];
    if (words === undefined) return error.message;
    const detail = problemDetail(error.problem, t);
    // What exactly is wrong with a request only its detail says.
    if (error.status === 400) return `${words} (${detail.text})`;
    return detail.lang === undefined ? detail.text : words;
  }
  return t.errorUnreachable;
}
