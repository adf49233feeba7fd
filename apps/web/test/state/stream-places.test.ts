// @vitest-environment jsdom

import { afterEach, describe, expect, it, vi } from 'vitest';
import { inPlace } from '../../src/state/stream-places.ts';

afterEach(() => vi.unstubAllGlobals());

/** Locks of a browser: one holder for each name, and no waiting. */
function stubLocks(): void {
  const held = new Set<string>();
  const request = async (
    name: string,
    _options: object,
    work: (lock: object | null) => unknown,
  ) => {
    if (held.has(name)) return work(null);
    held.add(name);
    try {
      return await work({});
    } finally {
      held.delete(name);
    }
  };
  vi.stubGlobal('navigator', { locks: { request } });
}

describe('event streams of many windows', () => {
  it('are at most three at once, and a free place is taken', async () => {
    stubLocks();
    let end = (): void => undefined;
    const stream = () => inPlace(() => new Promise((resolve) => (end = resolve)));
    const open = [stream(), stream(), stream()];
    expect(await stream()).toBe(false);
    end();
    expect(await Promise.race(open)).toBe(true);
    expect(await inPlace(() => Promise.resolve())).toBe(true);
  });

  it('are only one, of the active window, when windows cannot coordinate', async () => {
    vi.stubGlobal('navigator', {});
    const hasFocus = vi.spyOn(document, 'hasFocus');
    const work = vi.fn(() => Promise.resolve());
    hasFocus.mockReturnValue(false);
    expect(await inPlace(work)).toBe(false);
    hasFocus.mockReturnValue(true);
    expect(await inPlace(work)).toBe(true);
    expect(work).toHaveBeenCalledOnce();
  });
});
