// @vitest-environment jsdom

import { beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { Commands } from '../../src/state/commands.svelte.ts';
import { Settings } from '../../src/state/settings.svelte.ts';

beforeEach(() => localStorage.clear());

function create(): { commands: Commands; settings: Settings; run: Mock<(keys: string) => void> } {
  const settings = new Settings();
  const commands = new Commands(settings);
  const run = vi.fn<(keys: string) => void>();
  commands.register([
    { id: 'one', group: 'do', label: () => 'One', keys: ['x'], run: () => run('x') },
    { id: 'two', group: 'do', label: () => 'Two', keys: ['g q'], run: () => run('g q') },
    { id: 'three', group: 'do', label: () => 'Three', keys: ['Ctrl+K'], run: () => run('Ctrl+K') },
    { id: 'four', group: 'do', label: () => 'Four', keys: ['Delete'], run: () => run('Delete') },
  ]);
  return { commands, settings, run };
}

function press(
  commands: Commands,
  key: string,
  init: KeyboardEventInit = {},
  target?: Element,
): void {
  const event = new KeyboardEvent('keydown', { key, cancelable: true, bubbles: true, ...init });
  (target ?? document.body).dispatchEvent(event);
  commands.press(event);
}

describe('keyboard commands', () => {
  it('run by single keys and sequences', () => {
    const { commands, run } = create();
    press(commands, 'x');
    press(commands, 'g');
    press(commands, 'q');
    press(commands, 'k', { metaKey: true });
    expect(run.mock.calls.flat()).toEqual(['x', 'g q', 'Ctrl+K']);
  });

  it('are off while somebody types in a field, except for the palette', () => {
    const { commands, run } = create();
    const field = document.body.appendChild(document.createElement('input'));
    press(commands, 'x', {}, field);
    press(commands, 'Delete', {}, field);
    press(commands, 'k', { ctrlKey: true }, field);
    expect(run.mock.calls.flat()).toEqual(['Ctrl+K']);
    field.remove();
  });

  it('of one character can be switched off', () => {
    const { commands, settings, run } = create();
    settings.update({ hasSingleKeys: false });
    press(commands, 'x');
    press(commands, 'g');
    press(commands, 'q');
    press(commands, 'Delete');
    expect(run.mock.calls.flat()).toEqual(['Delete']);
  });

  it('of a list are off while a dialog covers it', () => {
    const { commands, run } = create();
    const [keys, label] = [['Escape'], () => 'Clear'];
    commands.register([{ id: 'clear', group: 'list', label, keys, run: () => run('Escape') }]);
    const dialog = document.body.appendChild(document.createElement('dialog'));
    dialog.setAttribute('open', '');
    press(commands, 'Escape');
    expect(run).not.toHaveBeenCalled();
    dialog.remove();
    press(commands, 'Escape');
    expect(run.mock.calls.flat()).toEqual(['Escape']);
  });

  it('of a closed view are removed', () => {
    const { commands } = create();
    const before = commands.all.length;
    const stop = commands.register([{ id: 'v', group: 'list', label: () => 'V', run: vi.fn() }]);
    stop();
    expect(commands.all).toHaveLength(before);
  });
});
