import type { Dictionary } from '../text/dictionary.ts';
import type { Formatter } from './format.ts';
import { takesAudioCodec, takesQuality, type Recipe } from './recipe.ts';

export interface RecipeExplanation {
  readonly sentences: readonly string[];
  readonly warnings: readonly string[];
}

/** What a recipe asks for, in plain sentences. The exact arguments are the server's to tell. */
export function explainRecipe(recipe: Recipe, t: Dictionary, format: Formatter): RecipeExplanation {
  const { format_preset: kind, quality, options } = recipe;
  const kinds: Readonly<Record<Recipe['format_preset'], string>> = {
    'Smart (best combined)': t.explainSmart,
    'Video + Audio (muxed)': t.explainMuxed,
    'Audio only': t.explainAudio,
    'Subtitle + metadata': t.explainSubtitles,
    'Playlist (flat)': t.explainPlaylist,
  };
  const sentences = [kinds[kind]];
  if (takesQuality(kind) && quality !== 'best') sentences.push(t.explainQuality(quality));
  if (takesAudioCodec(kind) && options.audio_codec) {
    sentences.push(t.explainAudioCodec(options.audio_codec));
  }
  if (options.prefer_codec) sentences.push(t.explainCodec(options.prefer_codec));
  if (options.container) sentences.push(t.explainContainer(options.container));
  if (options.subtitles) sentences.push(t.explainSubs(options.subtitles.languages.join(', ')));
  if (options.sponsorblock?.mode === 'remove') sentences.push(t.explainSponsor);
  if (options.rate_limit_kbps) {
    sentences.push(t.explainRate(format.rate(options.rate_limit_kbps * 1024)));
  }
  if (options.directory) sentences.push(t.explainFolder(`downloads/${options.directory}`));
  const warnings: string[] = [];
  if (options.container === 'mkv') warnings.push(t.warnMkv);
  if (options.prefer_codec === 'av1') warnings.push(t.warnAv1);
  return { sentences, warnings };
}
