import type { DownloadOptions, FormatPreset } from '@artemis/contracts';
import { expect, it } from 'vitest';
import {
  ignoredByMedia,
  ignoredByPlan,
  ignoredChoice,
  ignoredWarnings,
} from '../../../src/worker/outcome/ignored-options.ts';
import { planOf } from '../../../src/worker/plan/plan.ts';

const SMART: FormatPreset = 'Smart (best combined)';
const AUDIO: FormatPreset = 'Audio only';
const video = {
  ...{ fields: {}, formats: [], durationSeconds: 6, isLive: false, sponsorSeconds: 0 },
};
const stored = { extension: 'mp4', hasSubtitles: false, areSubtitlesBeside: false };
const chapters = [{ startSeconds: 0, endSeconds: 6 }];

function planWith(options: DownloadOptions, format_preset = SMART) {
  return planOf({ format_preset, quality: 'best', options });
}

it('an option that the media cannot satisfy is reported, except embedding absent chapters', () => {
  const options = {
    embed_chapters: true,
    split_chapters: true,
    live: { max_seconds: 5 },
    playlist: { items: '3' },
  };
  const without = ignoredByMedia(planWith(options), video, { chapters: [], lines: [] }, stored);
  expect(without).toEqual(['split_chapters', 'live', 'playlist.items']);
  const list = { ...video, isLive: true, fields: { playlist_index: 3 } };
  const result = { chapters, lines: [] };
  expect(ignoredByMedia(planWith(options), list, result, stored)).toEqual([]);
  const cut = { section: { start: 0, end: 3, precise: true } };
  expect(ignoredByMedia(planWith(cut), list, result, stored)).toEqual(['section']);
  expect(ignoredByMedia(planWith(cut), video, result, stored)).toEqual([]);
  const inAvi = { ...stored, extension: 'avi' };
  expect(ignoredByMedia(planWith(options), list, result, inAvi)).toEqual(['embed_chapters']);
  const tagged = planWith({ embed_metadata: true });
  const inTs = { ...stored, extension: 'ts' };
  expect(ignoredByMedia(tagged, video, result, inTs)).toEqual(['embed_metadata']);
  const off = { embed_chapters: false, split_chapters: false };
  expect(ignoredByMedia(planWith(off), video, { chapters: [], lines: [] }, stored)).toEqual([]);
});

it('chosen entries are reported as ignored when the link is not a list', () => {
  const asked = { mode: 'select', items: '2-5' } as const;
  expect(ignoredChoice(asked, planWith({}))).toEqual(['playlist.items']);
  expect(ignoredChoice(asked, planWith({ playlist: asked }))).toEqual([]);
  expect(ignoredChoice({ mode: 'all' }, planWith({}))).toEqual([]);
});

it('an audio quality is reported as ignored when the audio is copied or its codec has none', () => {
  const copied = { chapters, lines: ['[ExtractAudio] Copying the sound as it is'] };
  const lossless = planWith({ audio_codec: 'flac', audio_quality: 3 }, AUDIO);
  expect(ignoredByPlan(lossless)).toEqual(['audio_quality']);
  expect(ignoredByMedia(lossless, video, copied, stored)).toEqual([]);
  const opus = planWith({ audio_codec: 'opus', audio_quality: 3 }, AUDIO);
  expect(ignoredByPlan(opus)).toEqual([]);
  expect(ignoredByMedia(opus, video, copied, stored)).toEqual(['audio_quality']);
  expect(ignoredByMedia(opus, video, { chapters, lines: [] }, stored)).toEqual([]);
});

it('subtitles to embed that are stored beside the media are reported', () => {
  const plan = planWith({ subtitles: { languages: ['en'], embed: true } });
  const beside = { ...stored, areSubtitlesBeside: true };
  const result = { chapters, lines: [] };
  expect(ignoredByMedia(plan, video, result, beside)).toEqual(['subtitles.embed']);
  const inside = { ...beside, hasSubtitles: true };
  expect(ignoredByMedia(plan, video, result, inside)).toEqual([]);
});

it('all ignored options are one warning with their names', () => {
  expect(ignoredWarnings([])).toEqual([]);
  expect(ignoredWarnings(['live', 'split_chapters', 'live'])).toMatchObject([
    { code: 'OPTION_IGNORED', detail: 'live, split_chapters' },
  ]);
});
