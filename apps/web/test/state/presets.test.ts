// @vitest-environment jsdom

import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SELECTION } from '@artemis/contracts/rules';
import { Presets } from '../../src/state/presets.svelte.ts';
import { en } from '../words.ts';

const KEY = 'workspace-presets:v1';
interface Stored {
  readonly v: number;
  readonly items: readonly { readonly name: string }[];
}
const stored = (): Stored => JSON.parse(localStorage.getItem(KEY) ?? '{}') as Stored;
const otherTab = (name: string): string => `${name} (other tab)`;

beforeEach(() => localStorage.clear());

describe('presets of the browser', () => {
  it('stores starter presets on the first visit, with a version', () => {
    const presets = new Presets(en.starters);
    expect(presets.items.length).toBeGreaterThanOrEqual(5);
    expect(stored()).toMatchObject({ v: 1 });
    expect(stored().items).toHaveLength(presets.items.length);
  });

  it('does not restore deleted starters', () => {
    const first = new Presets(en.starters);
    for (const preset of first.items) first.remove(preset.id);
    expect(new Presets(en.starters).items).toEqual([]);
  });

  it('reads the list of an older page and leaves out entries without a kind', () => {
    localStorage.setItem(
      KEY,
      JSON.stringify([
        {
          name: 'Mine',
          format_preset: 'Audio only',
          quality: 'best',
          options: { audio_codec: 'opus' },
        },
        { name: 'Broken', format_preset: 'No such kind' },
      ]),
    );
    expect(new Presets(en.starters).items.map((preset) => preset.name)).toEqual(['Mine']);
  });

  it('keeps the changes of two tabs to different presets', () => {
    const one = new Presets(en.starters);
    const two = new Presets(en.starters);
    const added = one.add('From one', DEFAULT_SELECTION);
    two.add('From two', DEFAULT_SELECTION);
    const names = new Presets(en.starters).items.map((preset) => preset.name);
    expect(names).toContain(added.name);
    expect(names).toContain('From two');
  });

  it('keeps both versions when two tabs change the same preset', () => {
    const one = new Presets(en.starters);
    const two = new Presets(en.starters);
    const base = one.items[0];
    if (!base) throw new Error('there are starters');
    one.save(base, { ...base, name: 'A' }, otherTab);
    two.save(base, { ...base, name: 'B' }, otherTab);
    const names = new Presets(en.starters).items.map((preset) => preset.name);
    expect(names).toContain('B');
    expect(names).toContain('A (other tab)');
  });

  it('restores a deleted preset at its place', () => {
    const presets = new Presets(en.starters);
    const before = presets.items.map((preset) => preset.id);
    const third = presets.items[2];
    if (!third) throw new Error('there are starters');
    presets.remove(third.id);
    presets.restore(third, 2);
    expect(presets.items.map((preset) => preset.id)).toEqual(before);
  });

  it('imports a file without duplicating existing presets', () => {
    const presets = new Presets(en.starters);
    const count = presets.items.length;
    const first = presets.items[0];
    if (!first) throw new Error('there are starters');
    presets.merge([first, { ...first, name: 'Other content, same id' }]);
    expect(presets.items).toHaveLength(count + 1);
    expect(new Set(presets.items.map((preset) => preset.id)).size).toBe(count + 1);
  });
});
