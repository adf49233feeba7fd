import type { DownloadOptions, Selection } from '@artemis/contracts';
import { DEFAULT_SELECTION, pickSelection } from '@artemis/contracts/rules';
import { extractUrls, type Extraction } from '../links/extract-urls.ts';
import { dedupeKey } from '../links/dedupe-key.ts';
import { extractLarge, LARGE_TEXT } from '../links/extract-large.ts';
import { createId } from '../browser/ids.ts';
import { isSameSelection, takesAudioCodec } from '../selection/selection.ts';
import type { Draft } from '../storage/database.ts';
import { fieldProblem } from '../text/problem-detail.ts';
import { describeError } from './actions.svelte.ts';
import type { Downloads } from './downloads.svelte.ts';
import type { BrowserStore } from './browser-store.svelte.ts';
import type { LocalHistory } from './local-history.svelte.ts';
import type { LastChoices } from './last-choices.svelte.ts';
import type { Bundle, Outbox, Refused, SendResult } from './outbox.svelte.ts';
import type { Presets } from './presets.svelte.ts';
import type { Router } from './router.svelte.ts';
import type { Text } from './text.svelte.ts';

export interface IntakeParts {
  readonly outbox: Outbox;
  readonly store: BrowserStore;
  readonly history: LocalHistory;
  readonly downloads: Downloads;
  readonly presets: Presets;
  readonly last: LastChoices;
  readonly text: Text;
}

/** Why a link is marked as known already. */
export interface Known {
  readonly where: 'queue' | 'library';
  readonly id: string;
  readonly at: string;
}

const NOTHING: Extraction = { urls: [], linesWithoutLink: 0, isCut: false };

/** The text that was pasted, the links in it, and how they shall be downloaded. */
export class Intake {
  readonly #parts: IntakeParts;
  #text = $state('');
  #markup = '';
  #selection: Selection = $state.raw(DEFAULT_SELECTION);
  #presetId: string | null = $state(null);
  #isSending = $state(false);
  #problem: string | null = $state(null);
  #refusedUrls: ReadonlyMap<string, string> = $state.raw(new Map());
  #known: ReadonlyMap<string, Known> = $state.raw(new Map());
  /** Links whose tick differs from the usual one: new links are ticked, known ones are not. */
  #flipped: ReadonlySet<string> = $state.raw(new Set());
  #choices: ReadonlyMap<string, DownloadOptions> = $state.raw(new Map());
  #extraction: Extraction = $state.raw(NOTHING);

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    const { presetId, format } = parts.last.value;
    this.#selection = format;
    this.#presetId = parts.presets.find(presetId) ? presetId : null;
    const first = parts.presets.items[0];
    if (presetId === null && first && isSameSelection(first, format)) this.#presetId = first.id;
    parts.outbox.whenRefusedLate((urls, error) => {
      const lines = this.#text === '' ? [] : [this.#text];
      this.text = [...lines, ...urls.keys()].join('\n');
      this.#showRefusal(urls, error);
    });
  }

  get text(): string {
    return this.#text;
  }

  set text(value: string) {
    this.#text = value;
    this.#problem = null;
    this.#refusedUrls = new Map();
    this.#extract();
    if (value !== '') return;
    this.#markup = '';
    this.#flipped = new Set();
    this.#known = new Map();
    this.#choices = new Map();
  }

  #extract(): void {
    const [text, markup] = [this.#text, this.#markup];
    if (text.length + markup.length < LARGE_TEXT) {
      this.#extraction = text === '' ? NOTHING : extractUrls(text, markup);
      return;
    }
    void extractLarge(text, markup).then((extraction) => {
      if (extraction && this.#text === text) this.#extraction = extraction;
    });
  }

  get extraction(): Extraction {
    return this.#extraction;
  }

  /** Links that are in the queue or the library already. Filled by `lookForKnown`. */
  get known(): ReadonlyMap<string, Known> {
    return this.#known;
  }

  isTicked(url: string): boolean {
    return this.#known.has(url) === this.#flipped.has(url);
  }

  toggle(url: string): void {
    const next = new Set(this.#flipped);
    if (!next.delete(url)) next.add(url);
    this.#flipped = next;
  }

  /** What is wanted of this link only, such as one of its formats. */
  choiceOf(url: string): DownloadOptions | undefined {
    return this.#choices.get(url);
  }

  /** Options over those of the selection, for this link only; null takes them back. */
  choose(url: string, options: DownloadOptions | null): void {
    const next = new Map(this.#choices);
    if (options === null) next.delete(url);
    else next.set(url, options);
    this.#choices = next;
  }

  get tickedUrls(): readonly string[] {
    return this.#extraction.urls.map((found) => found.url).filter((url) => this.isTicked(url));
  }

  /** Compares the links with the downloads that this browser knows. A hint: the server decides. */
  async lookForKnown(): Promise<void> {
    const urls = this.#extraction.urls.map((found) => found.url);
    const active = new Map<string, Known>();
    for (const record of this.#parts.downloads.active()) {
      active.set(dedupeKey(record.url), { where: 'queue', id: record.id, at: record.created_at });
    }
    const known = new Map<string, Known>();
    for (const url of urls) {
      const key = dedupeKey(url);
      const queued = active.get(key);
      if (queued) {
        known.set(url, queued);
        continue;
      }
      const entry = await this.#parts.history.findByKey(key);
      if (entry?.state === 'completed' && entry.path !== null) {
        known.set(url, { where: 'library', id: entry.id, at: entry.finishedAt });
      }
    }
    this.#known = known;
  }

  get selection(): Selection {
    return this.#selection;
  }

  /** The preset whose selection this is; null when it was changed by hand. */
  get presetId(): string | null {
    return this.#presetId;
  }

  get isSending(): boolean {
    return this.#isSending;
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** Why the server did not take a link. */
  get refusedUrls(): ReadonlyMap<string, string> {
    return this.#refusedUrls;
  }

  /** Adds pasted or dropped text to what is there. */
  add(text: string, markup = ''): void {
    this.#markup += markup;
    this.text = this.#text.trim() === '' ? text : `${this.#text.trimEnd()}\n${text}`;
  }

  /**
   * Links that came with the address: of a bookmarklet, a share or a shortcut. They only fill the field;
   * nothing starts without a press.
   */
  takeFromAddress(router: Router): void {
    const parts = ['add', 'text', 'title'].flatMap((name) => router.query.get(name) ?? []);
    if (parts.length === 0) return;
    this.add(parts.join('\n'));
    router.replace({ add: null, text: null, title: null, t: null });
    router.open('intake');
  }

  usePreset(id: string): void {
    const preset = this.#parts.presets.find(id);
    if (!preset) return;
    this.#presetId = id;
    this.#selection = pickSelection(preset);
    this.#parts.presets.use(id);
    this.#remember();
  }

  change(change: Partial<Selection>): void {
    const selection = { ...this.#selection, ...change };
    if (!takesAudioCodec(selection.format_preset) && selection.options.audio_codec !== undefined) {
      const { audio_codec: _unused, ...options } = selection.options;
      selection.options = options;
    }
    this.#selection = selection;
    const preset = this.#parts.presets.find(this.#presetId);
    if (!preset || !isSameSelection(preset, selection)) this.#presetId = null;
    this.#remember();
  }

  #remember(): void {
    this.#parts.last.update({ presetId: this.#presetId, format: this.#selection });
  }

  /** Sends the ticked links. Those that were refused stay in the field, with the reason. */
  async submit(): Promise<SendResult | null> {
    const urls = this.tickedUrls;
    if (urls.length === 0 || this.#isSending) return null;
    this.#isSending = true;
    this.#problem = null;
    try {
      const isForced = urls.some((url) => this.#known.has(url));
      const result = await this.#parts.outbox.send(this.#bundles(urls), isForced);
      this.#parts.last.usedFolder(this.#parts.last.value.downloadDir);
      this.#remember();
      this.text = [...result.refused.keys()].join('\n');
      if (result.error !== null) this.#showRefusal(result.refused, result.error);
      return result;
    } finally {
      this.#isSending = false;
    }
  }

  #showRefusal(urls: Refused, error: unknown): void {
    const { text } = this.#parts;
    this.#problem = describeError(error, text);
    this.#refusedUrls = new Map(
      [...urls].flatMap(([url, why]) => (why ? [[url, fieldProblem(why, text.t).text]] : [])),
    );
  }

  #bundles(urls: readonly string[]): readonly Bundle[] {
    const selection = this.#selectionToSend();
    const own = urls.flatMap((url) => {
      const choice = this.#choices.get(url);
      if (!choice) return [];
      return [
        { urls: [url], selection: { ...selection, options: { ...selection.options, ...choice } } },
      ];
    });
    const others = urls.filter((url) => !this.#choices.has(url));
    return others.length > 0 ? [{ urls: others, selection }, ...own] : own;
  }

  #selectionToSend(): Selection {
    const { downloadDir } = this.#parts.last.value;
    if (downloadDir === '' || this.#selection.options.directory !== undefined)
      return this.#selection;
    return { ...this.#selection, options: { ...this.#selection.options, directory: downloadDir } };
  }

  /** Puts the text aside for later. */
  async keepAsDraft(): Promise<boolean> {
    const draft: Draft = {
      id: createId(),
      text: this.#text,
      recipe: this.#selection,
      createdAt: Date.now(),
    };
    const isKept = await this.#parts.store.write('drafts', (database) =>
      database.put('drafts', draft),
    );
    if (isKept) this.text = '';
    return isKept;
  }

  async readDrafts(): Promise<readonly Draft[]> {
    const drafts = await this.#parts.store.read((database) => database.getAll('drafts'));
    return (drafts ?? []).sort((a, b) => b.createdAt - a.createdAt);
  }

  async useDraft(draft: Draft): Promise<void> {
    this.add(draft.text);
    await this.#parts.store.write('drafts', (database) => database.delete('drafts', draft.id));
  }

  /** Takes the refused links out, so that the others can go. */
  dropRefused(): void {
    this.text = this.#extraction.urls
      .map((found) => found.url)
      .filter((url) => !this.#refusedUrls.has(url))
      .join('\n');
  }
}
