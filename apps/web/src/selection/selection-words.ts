import type { FormatPreset, Quality } from '@artemis/contracts/vocabulary';
import type { Selection } from '@artemis/contracts';
import type { FirstWords } from '../text/words.ts';
import { takesAudioCodec, takesQuality } from './selection.ts';

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
  return quality === 'best' ? t.qualityBest : t.qualityUpTo({ height: quality });
}

/** One line that says what a selection asks for. */
export function selectionLine(selection: Selection, t: FirstWords): string {
  const words = [kindName(selection.format_preset, t)];
  if (takesQuality(selection.format_preset) && selection.quality !== 'best') {
    words.push(qualityName(selection.quality, t));
  }
  const { audio_codec: audio, container, prefer_codec: video } = selection.options;
  if (takesAudioCodec(selection.format_preset) && audio) words.push(audio);
  if (video) words.push(video);
  if (container) words.push(container);
  return words.join(' · ');
}
