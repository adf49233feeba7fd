import type { FormatPreset, Quality } from '@artemis/contracts/vocabulary';
import type { FirstWords } from '../text/dictionary.ts';
import { takesAudioCodec, takesQuality, type Recipe } from './recipe.ts';

export function kindName(kind: FormatPreset, t: FirstWords): string {
  switch (kind) {
    case 'Smart (best combined)':
      return t.kindSmart;
    case 'Video + Audio (muxed)':
      return t.kindMuxed;
    case 'Audio only':
      return t.kindAudio;
    case 'Subtitle + metadata':
      return t.kindSubtitles;
    case 'Playlist (flat)':
      return t.kindPlaylist;
  }
}

export function qualityName(quality: Quality, t: FirstWords): string {
  return quality === 'best' ? t.qualityBest : t.qualityUpTo(quality);
}

/** One line that says what a recipe asks for. */
export function recipeLine(recipe: Recipe, t: FirstWords): string {
  const words = [kindName(recipe.format_preset, t)];
  if (takesQuality(recipe.format_preset) && recipe.quality !== 'best') {
    words.push(qualityName(recipe.quality, t));
  }
  const { audio_codec: audio, container, prefer_codec: video } = recipe.options;
  if (takesAudioCodec(recipe.format_preset) && audio) words.push(audio);
  if (video) words.push(video);
  if (container) words.push(container);
  return words.join(' · ');
}
