import type { FormatPreset, PlaylistOptions } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import type { RequestError } from '../../../src/domain/errors.ts';
import { selectionOf } from '../../../src/domain/selection/presets.ts';

function refusal(playlist: PlaylistOptions, format_preset?: FormatPreset): RequestError | null {
  try {
    selectionOf({ options: { playlist }, ...(format_preset ? { format_preset } : {}) });
    return null;
  } catch (error) {
    return error as RequestError;
  }
}

describe('options.playlist', () => {
  it.each<[PlaylistOptions, string]>([
    [{ mode: 'select' }, 'options/playlist/items must name the entries to select.'],
    [
      { mode: 'select', items: '1,20-3' },
      'options/playlist/items has the range 20-3, which ends before it begins.',
    ],
    [
      { mode: 'select', items: '1-10000' },
      'options/playlist/items selects 10000 entries, and at most 5000 can be selected; take the mode all for more.',
    ],
    [{ mode: 'all', items: '1-3' }, 'options/playlist/items does not go with the mode all.'],
    [
      { items: '1-3' },
      'options/playlist/items names several entries, which needs the mode select.',
    ],
  ])('%j is refused in one sentence, with its path', (playlist, sentence) => {
    const error = refusal(playlist);
    expect(error?.message).toBe(sentence);
    expect(error?.code).toBe('VALIDATION_FAILED');
    expect(error?.details).toMatchObject([{ path: '/options/playlist/items' }]);
  });

  it.each<[PlaylistOptions, string]>([
    [{ mode: 'all', entry_ids: ['a'] }, 'does not go with the mode all'],
    [{ entry_ids: ['a'] }, 'names entries, which needs the mode select'],
    [{ mode: 'single', entry_ids: ['a', 'b'] }, 'names entries, which needs the mode select'],
    [
      { mode: 'select', entry_ids: ['a'.repeat(65_000), 'b'.repeat(1000)] },
      'has 66000 characters, and at most 65536 are kept; name positions in items instead',
    ],
  ])('entry_ids, case %#, is refused in one sentence, with its path', (playlist, words) => {
    const error = refusal(playlist);
    expect(error?.message).toBe(`options/playlist/entry_ids ${words}.`);
    expect(error?.details).toMatchObject([{ path: '/options/playlist/entry_ids' }]);
  });

  it.each<PlaylistOptions>([
    {},
    { mode: 'select', entry_ids: ['a', 'https://media.example/b'] },
    { mode: 'all', max_items: 7, skip_downloaded: true },
    { mode: 'select', items: '1-20,25' },
    { mode: 'select', items: '1-5000' },
    { mode: 'single', items: '3' },
    { mode: 'single', items: '3', entry_ids: ['a'] },
    { items: '3' },
  ])('%j is accepted', (playlist) => {
    expect(refusal(playlist)).toBeNull();
  });

  it('may choose some entries of a flat list', () => {
    expect(refusal({ items: '2-4' }, 'Playlist (flat)')).toBeNull();
  });
});
