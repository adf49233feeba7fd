// @vitest-environment jsdom

import type { Client } from '@artemis/contracts/client';
import { afterEach, expect, it, vi } from 'vitest';
import { DEFAULT_RECIPE } from '../../src/recipes/recipe.ts';
import type { BrowserStore } from '../../src/state/browser-store.svelte.ts';
import type { Downloads } from '../../src/state/downloads.svelte.ts';
import { Outbox } from '../../src/state/outbox.svelte.ts';

afterEach(() => localStorage.clear());

it('sends what was added while the bundles of an earlier visit are read', async () => {
  const createDownloads = vi.fn(() => Promise.resolve({ downloads: [], duplicates: [] }));
  let write: () => void = () => undefined;
  const store = {
    onOtherTab: () => undefined,
    write: () => new Promise<void>((resolve) => (write = resolve)),
    remove: () => Promise.resolve(true),
    // The database has nothing yet, and each claim of a bundle succeeds.
    read: (use: unknown) => Promise.resolve(String(use).includes('getAll') ? [] : 'ours'),
  } as unknown as BrowserStore;
  const outbox = new Outbox({ createDownloads } as unknown as Client, store, {
    apply: () => undefined,
  } as unknown as Downloads);
  const sent = outbox.send([{ urls: ['https://a.example/1'], recipe: DEFAULT_RECIPE }], false);
  await outbox.start();
  write();
  expect(await sent).toMatchObject({ taken: 1, kept: 0 });
  expect(createDownloads).toHaveBeenCalledOnce();
});
