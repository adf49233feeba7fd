import { expect, it } from 'vitest';
import {
  DEFAULT_SELECTION,
  ignoredOptions,
  isPartInside,
  optionConflicts,
  switchesOf,
  type DownloadOptions,
  type FormatPreset,
} from '../src/index.ts';

const withOptions = (options: DownloadOptions, preset?: FormatPreset) => ({
  ...DEFAULT_SELECTION,
  ...(preset === undefined ? {} : { format_preset: preset }),
  options,
});
const section = { start: 0, end: 1 };

it.each<[DownloadOptions, FormatPreset | undefined, string[]]>([
  [{ section, split_chapters: true }, undefined, ['/options/split_chapters']],
  [{ section, split_chapters: false }, undefined, []],
  [{ container: 'webm', prefer_codec: 'h264' }, undefined, ['/options/prefer_codec']],
  [{ container: 'webm', embed_thumbnail: true }, undefined, ['/options/embed_thumbnail']],
  [{ container: 'webm', embed_thumbnail: true }, 'Audio only', []],
  [
    { container: 'webm', subtitles: { languages: ['en'], embed: true, format: 'srt' } },
    undefined,
    ['/options/subtitles/format'],
  ],
])('of options that exclude each other one is named: %j, %s', (options, preset, paths) => {
  expect(optionConflicts(withOptions(options, preset)).map(({ path }) => path)).toEqual(paths);
});

it.each<[DownloadOptions, FormatPreset | undefined, string[]]>([
  [{ audio_codec: 'mp3', container: 'mp4' }, undefined, ['audio_codec']],
  [{ audio_codec: 'mp3', container: 'mp4' }, 'Audio only', ['container']],
  [{ audio_codec: 'wav', embed_thumbnail: true }, 'Audio only', ['embed_thumbnail']],
  [{ simulate: true, write_info: true, write_thumbnail: false }, undefined, ['write_info']],
  [{ playlist: { mode: 'all' }, split_chapters: true }, undefined, ['split_chapters']],
  [{ proxy: 'http://proxy:1', simulate: true }, 'Playlist (flat)', ['simulate']],
])('what changes nothing is told, and what is off is not: %j, %s', (options, preset, names) => {
  expect(ignoredOptions(withOptions(options, preset))).toEqual(names);
});

it('a part lies in the media file when an option has put it there', () => {
  expect(isPartInside('metadata', { embed_chapters: true })).toBe(true);
  expect(isPartInside('metadata', { write_info: true, embed_metadata: false })).toBe(false);
  expect(isPartInside('subtitles', { subtitles: { languages: ['en'] } })).toBe(false);
  expect(isPartInside('subtitles', { subtitles: { languages: ['en'], embed: true } })).toBe(true);
});

it('every yes or no stands in one group of the form', () => {
  const all = [...switchesOf('parts'), ...switchesOf('extent')];
  expect(new Set(all).size).toBe(all.length);
  expect(all).toContain('split_chapters');
});
