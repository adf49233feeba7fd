import type { DownloadOptions } from '@artemis/contracts';
import { DEFAULT_SELECTION } from '@artemis/contracts/rules';
import { describe, expect, it } from 'vitest';
import { createFormatter } from '../../src/format/format.ts';
import { explainSelection } from '../../src/selection/selection-explain.ts';
import { de, en } from '../words.ts';

/** The file name has its example path, and a format is chosen for one link: these two have no sentence. */
type Told = Required<Omit<DownloadOptions, 'name_template' | 'format_id'>>;
const values: Told = {
  audio_codec: 'opus',
  audio_quality: 2,
  container: 'mkv',
  prefer_codec: 'vp9',
  audio_languages: ['de', 'en'],
  subtitles: { languages: ['en', 'pt-BR'], format: 'srt' },
  embed_metadata: true,
  embed_thumbnail: true,
  embed_chapters: true,
  write_thumbnail: true,
  write_info: false,
  section: { start: 5, end: '1:30', precise: true },
  split_chapters: true,
  sponsorblock: { mode: 'mark', categories: ['sponsor'] },
  playlist: { mode: 'select', items: '1-3' },
  rate_limit_kbps: 500,
  proxy: 'socks5://127.0.0.1:1080',
  directory: 'talks',
  live: { max_seconds: 120 },
  simulate: true,
};
const names = Object.keys(values) as (keyof Told)[];

describe.each([
  ['English', 'en', en],
  ['German', 'de', de],
])('in %s', (_language, locale, words) => {
  const format = createFormatter(locale, false);
  const said = (options: DownloadOptions) => {
    const format_preset = options.audio_codec ? 'Audio only' : DEFAULT_SELECTION.format_preset;
    return explainSelection({ ...DEFAULT_SELECTION, format_preset, options }, words, format)
      .sentences;
  };

  it.each(names)('%s is told', (name) => {
    const codec: DownloadOptions = name === 'audio_quality' ? { audio_codec: 'opus' } : {};
    const without = said(codec);
    const added = said({ ...codec, [name]: values[name] }).filter((one) => !without.includes(one));
    expect(added).not.toEqual([]);
  });
});

describe('a selection', () => {
  it('does not mention options that its kind ignores', () => {
    const { sentences, warnings } = explainSelection(
      { format_preset: 'Audio only', quality: '720p', options: { container: 'mkv' } },
      en,
      createFormatter('en', false),
    );
    expect([sentences, warnings]).toEqual([['Downloads only the sound.'], []]);
  });
});
