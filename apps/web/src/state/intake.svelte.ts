import { ApiError, type Client } from '@artemis/contracts/client';
import { LIMITS } from '@artemis/contracts/vocabulary';
import { extractUrls, type Extraction } from '../lib/extract-urls.ts';
import { createId } from '../lib/ids.ts';
import { isSameRecipe, takesAudioCodec, type Recipe } from '../lib/recipe.ts';
import { describeError } from './actions.svelte.ts';
import type { Downloads } from './downloads.svelte.ts';
import type { LastChoices } from './last-choices.svelte.ts';
import type { Presets } from './presets.svelte.ts';
import type { Text } from './text.svelte.ts';

export interface IntakeParts {
  readonly client: Client;
  readonly downloads: Downloads;
  readonly presets: Presets;
  readonly last: LastChoices;
  readonly text: Text;
}

const NOTHING: Extraction = { urls: [], linesWithoutLink: 0, isCut: false };

/** The text that was pasted, the links in it, and how they shall be downloaded. */
export class Intake {
  readonly #parts: IntakeParts;
  #text = $state('');
  #markup = '';
  #recipe: Recipe = $state.raw({
    format_preset: 'Smart (best combined)',
    quality: 'best',
    options: {},
  });
  #presetId: string | null = $state(null);
  #isSending = $state(false);
  #problem: string | null = $state(null);
  #refusedUrls: ReadonlyMap<string, string> = $state.raw(new Map());
  readonly #extraction: Extraction = $derived(
    this.#text === '' ? NOTHING : extractUrls(this.#text, this.#markup),
  );

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    const { presetId, format } = parts.last.value;
    this.#recipe = format;
    this.#presetId = parts.presets.find(presetId) ? presetId : null;
    const first = parts.presets.items[0];
    if (presetId === null && first && isSameRecipe(first, format)) this.#presetId = first.id;
  }

  get text(): string {
    return this.#text;
  }

  set text(value: string) {
    this.#text = value;
    this.#problem = null;
    this.#refusedUrls = new Map();
    if (value === '') this.#markup = '';
  }

  get extraction(): Extraction {
    return this.#extraction;
  }

  get recipe(): Recipe {
    return this.#recipe;
  }

  /** The preset whose recipe this is; null when it was changed by hand. */
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

  usePreset(id: string): void {
    const preset = this.#parts.presets.find(id);
    if (!preset) return;
    this.#presetId = id;
    this.#recipe = {
      format_preset: preset.format_preset,
      quality: preset.quality,
      options: preset.options,
    };
    this.#parts.presets.use(id);
    this.#remember();
  }

  change(change: Partial<Recipe>): void {
    const recipe = { ...this.#recipe, ...change };
    if (!takesAudioCodec(recipe.format_preset) && recipe.options.audio_codec !== undefined) {
      const { audio_codec: _unused, ...options } = recipe.options;
      recipe.options = options;
    }
    this.#recipe = recipe;
    const preset = this.#parts.presets.find(this.#presetId);
    if (!preset || !isSameRecipe(preset, recipe)) this.#presetId = null;
    this.#remember();
  }

  #remember(): void {
    this.#parts.last.update({ presetId: this.#presetId, format: this.#recipe });
  }

  /** Sends every link. Resolves to the number that was taken; those that were refused stay in the field. */
  async submit(): Promise<number> {
    const urls = this.#extraction.urls.map((found) => found.url);
    if (urls.length === 0 || this.#isSending) return 0;
    this.#isSending = true;
    this.#problem = null;
    let taken = 0;
    try {
      for (let at = 0; at < urls.length; at += LIMITS.urlsPerRequest) {
        const part = urls.slice(at, at + LIMITS.urlsPerRequest);
        const answer = await this.#parts.client.createDownloads(
          { urls: part, ...this.#recipe },
          { idempotencyKey: createId() },
        );
        this.#parts.downloads.apply({ downloads: answer.downloads, removed: [] });
        taken += part.length;
      }
      this.text = '';
    } catch (error) {
      this.#problem = describeError(error, this.#parts.text);
      this.#markRefused(error, urls.slice(taken));
      if (taken > 0) this.#keep(urls.slice(taken));
    } finally {
      this.#isSending = false;
    }
    return taken;
  }

  #keep(urls: readonly string[]): void {
    this.#text = urls.join('\n');
    this.#markup = '';
  }

  #markRefused(error: unknown, urls: readonly string[]): void {
    if (!(error instanceof ApiError)) return;
    const refused = new Map<string, string>();
    for (const detail of error.problem?.errors ?? []) {
      const url = detail.index === undefined ? urls[0] : urls[detail.index];
      if (url !== undefined) refused.set(url, detail.message);
    }
    this.#refusedUrls = refused;
  }

  /** Takes the refused links out, so that the others can go. */
  dropRefused(): void {
    this.text = this.#extraction.urls
      .map((found) => found.url)
      .filter((url) => !this.#refusedUrls.has(url))
      .join('\n');
  }
}
