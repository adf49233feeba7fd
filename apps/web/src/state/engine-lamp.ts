import type { Readiness } from './server-info.svelte.ts';
import type { FirstWords } from '../text/words.ts';
import type { Formatter } from '../format/format.ts';
import type { Lamp } from '../format/lamp.ts';

/** From here on even a start of Artemis would not take the one it finds. */
const FAIL_DAYS = 120;

/** What the lamp reads of the telemetry; that of an earlier visit may lack the sites. */
export interface EngineHealth {
  readonly mode: string;
  readonly yt_dlp_version: string | null;
  readonly age_days: number | null;
  readonly broken_sites?: readonly { readonly site: string }[];
}

/** Whether yt-dlp works: can it be run, and does a site fail with it? Its age only counts where it is very old. */
export function engineLamp(
  engine: EngineHealth | null,
  readiness: Readiness | null,
  t: FirstWords,
  format: Formatter,
): Lamp & { readonly text: string } {
  if (engine?.mode === 'missing') {
    return { icon: 'failed', tone: 'err', word: t.none, text: t.engineMissing };
  }
  if (!engine || engine.yt_dlp_version === null || engine.age_days === null) {
    const word = t.engineUnknown;
    return { icon: 'gone', tone: 'faint', word, text: `${t.engine} ${word}` };
  }
  const { yt_dlp_version: version, age_days: days } = engine;
  const age = format.span(Math.max(0, days) * 86_400);
  const sites = engine.broken_sites?.map(({ site }) => site).join(', ');
  const isUseless = readiness?.checks.some((one) => one.name === 'engine' && one.state === 'fail');
  const state = sites ? `${t.engineFails}: ${sites}` : isUseless ? t.engineFails : t.engineWorks;
  const [icon, tone, word] =
    state !== t.engineWorks
      ? (['failed', 'err', t.engineFails] as const)
      : days > FAIL_DAYS
        ? (['warn', 'warn', age] as const)
        : (['fresh', 'ok', state] as const);
  return { icon, tone, word, text: t.engineText({ version, state, age }) };
}
