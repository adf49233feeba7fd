// @vitest-environment jsdom

import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Announcer } from '../../src/state/announcer.svelte.ts';
import { Settings } from '../../src/state/settings.svelte.ts';
import { Text } from '../../src/state/text.svelte.ts';
import { Toasts } from '../../src/state/toasts.svelte.ts';
import { Undo } from '../../src/state/undo.svelte.ts';

const settings = new Settings();
const text = new Text(settings);

beforeAll(() => text.use(['en']));
beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

function create(): { undo: Undo; toasts: Toasts } {
  const toasts = new Toasts(new Announcer());
  return { undo: new Undo(toasts, settings, text), toasts };
}

describe('undo', () => {
  it('sends an action only after its delay', () => {
    const { undo } = create();
    const commit = vi.fn();
    undo.do({ text: 'Removed.', undo: vi.fn(), commit });
    vi.advanceTimersByTime(9999);
    expect(commit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(commit).toHaveBeenCalledOnce();
    expect(undo.undoLast()).toBe(false);
  });

  it('undoes the newest action and never sends it', () => {
    const { undo, toasts } = create();
    const [back, commit] = [vi.fn(), vi.fn()];
    undo.do({ text: 'Removed.', undo: back, commit });
    expect(undo.undoLast()).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(back).toHaveBeenCalledOnce();
    expect(commit).not.toHaveBeenCalled();
    expect(toasts.items).toEqual([]);
  });

  it('sends everything at once when the page goes away', () => {
    const { undo } = create();
    const commit = vi.fn();
    undo.do({ text: 'One', undo: vi.fn(), commit });
    undo.do({ text: 'Two', undo: vi.fn(), commit });
    undo.commitAll();
    expect(commit).toHaveBeenCalledTimes(2);
  });

  it('can undo by an inverse action after the message is gone', () => {
    const { undo } = create();
    const back = vi.fn();
    undo.do({ text: 'Held.', undo: back });
    vi.advanceTimersByTime(60_000);
    expect(undo.undoLast()).toBe(true);
    expect(back).toHaveBeenCalledOnce();
  });

  it('pauses while somebody reads the message', () => {
    const { undo, toasts } = create();
    const commit = vi.fn();
    undo.do({ text: 'Removed.', undo: vi.fn(), commit });
    vi.advanceTimersByTime(5000);
    toasts.hold();
    vi.advanceTimersByTime(60_000);
    expect(commit).not.toHaveBeenCalled();
    toasts.release();
    vi.advanceTimersByTime(5000);
    expect(commit).toHaveBeenCalledOnce();
  });
});
