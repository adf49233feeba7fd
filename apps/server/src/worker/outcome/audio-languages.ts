import type { DownloadWarning } from '@artemis/contracts';
import { detailed } from '../output/detailed-warning.ts';
import type { VideoInfo } from '../output/output-lines.ts';
import { isOfLanguage } from '../plan/language-tags.ts';
import type { DownloadPlan } from '../plan/plan.ts';

/** A warning with the requested languages that the sound should have and has not; empty when none is missing. */
export function audioLanguageWarnings(
  { audioLanguages: wanted, isAudioOnly }: Pick<DownloadPlan, 'audioLanguages' | 'isAudioOnly'>,
  { formats }: Pick<VideoInfo, 'formats'>,
): DownloadWarning[] {
  const isThere = (tag: string) =>
    formats.some(({ soundLanguage = '' }) => isOfLanguage(soundLanguage, tag));
  const first = wanted.findIndex(isThere);
  // Sound alone is one track, so the languages behind the one that was found are not wanted any more.
  const still = isAudioOnly && first >= 0 ? wanted.slice(0, first) : wanted;
  const missing = still.filter((tag) => !isThere(tag));
  return missing.length === 0 ? [] : [detailed('AUDIO_LANGUAGE_MISSING', missing.join(', '))];
}
