import type { Telemetry } from '../state/telemetry.svelte.ts';
import type { FirstWords } from '../text/dictionary.ts';
import type { Formatter } from './format.ts';
import type { Lamp } from './lamp.ts';

/** Releases are one to two months apart; a younger one is no cause for alarm. */
const WARN_DAYS = 60;
/** From here on even a start of Artemis would not take the one it finds. */
const FAIL_DAYS = 120;

/** How fresh yt-dlp is: an old one is the first cause of failures. */
export function engineLamp(
  engine: Telemetry['engine'] | null,
  t: FirstWords,
  format: Formatter,
): Lamp & { readonly text: string } {
  if (engine?.mode === 'missing') {
    return { icon: 'failed', tone: 'err', word: t.none, text: t.engineMissing };
  }
  const { yt_dlp_version: version, age_days: days } = engine ?? {
    yt_dlp_version: null,
    age_days: null,
  };
  if (version === null || days === null) {
    return {
      icon: 'gone',
      tone: 'faint',
      word: t.engineUnknown,
      text: `${t.engine} ${t.engineUnknown}`,
    };
  }
  const age = format.span(Math.max(0, days) * 86_400);
  const [icon, tone] =
    days > FAIL_DAYS ? ['failed', 'err'] : days > WARN_DAYS ? ['warn', 'warn'] : ['fresh', 'ok'];
  const word = days < 1 ? format.span(0).replace(/^0\s*\S+$/, '0') : age;
  return {
    icon: icon ?? 'gone',
    tone: tone ?? '',
    word: t.engineAge(word),
    text: t.engineText(version, age),
  };
}
