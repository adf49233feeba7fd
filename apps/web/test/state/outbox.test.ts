// @vitest-environment jsdom

import type { Problem } from '@artemis/contracts';
import { ApiError, type Client } from '@artemis/contracts/client';
import { afterEach, expect, it, vi } from 'vitest';
import { DEFAULT_SELECTION } from '@artemis/contracts/rules';
import type { BrowserStore } from '../../src/state/browser-store.svelte.ts';
import type { Downloads } from '../../src/state/downloads.svelte.ts';
import { Outbox } from '../../src/state/outbox.svelte.ts';

afterEach(() => localStorage.clear());

it('sends links that were added while those of an earlier visit are read', async () => {
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
  const sent = outbox.send(
    [{ urls: ['https://a.example/1'], selection: DEFAULT_SELECTION }],
    false,
  );
  await outbox.start();
  write();
  expect(await sent).toMatchObject({ taken: 1, kept: 0 });
  expect(createDownloads).toHaveBeenCalledOnce();
});

it('reports links that are refused after they waited for an absent server', async () => {
  const problem = {
    type: 'about:blank',
    title: 'Links that cannot be downloaded',
    status: 422,
    code: 'VALIDATION_FAILED',
    detail: 'The link points at a private address.',
    instance: 'request-1',
    errors: [{ path: '/urls/0', index: 0, message: 'points at a private address' }],
  } as const satisfies Problem;
  const refusal = new ApiError(422, problem, null);
  const createDownloads = vi
    .fn()
    .mockRejectedValueOnce(new ApiError(0, null, null))
    .mockRejectedValueOnce(refusal);
  const store = {
    onOtherTab: () => undefined,
    write: () => Promise.resolve(true),
    remove: () => Promise.resolve(true),
    read: () => Promise.resolve('ours'),
  } as unknown as BrowserStore;
  const outbox = new Outbox({ createDownloads } as unknown as Client, store, {
    apply: () => undefined,
  } as unknown as Downloads);
  const told = vi.fn();
  outbox.whenRefusedLate(told);
  const url = 'http://10.0.0.1/1';
  const sent = await outbox.send([{ urls: [url], selection: DEFAULT_SELECTION }], false);
  expect(sent).toMatchObject({ taken: 0, kept: 1, error: null });
  await outbox.retryNow();
  expect(told).toHaveBeenCalledExactlyOnceWith(
    new Map([[url, expect.objectContaining({ message: 'points at a private address' })]]),
    refusal,
  );
  expect(outbox.entries).toEqual([]);
});

it('sends links that an earlier page has stored', async () => {
  const stored = {
    clientId: 'c1',
    urls: ['https://a.example/1'],
    recipe: { format_preset: 'Audio only', quality: 'best', options: { audio_codec: 'mp3' } },
    force: false,
    createdAt: 1,
    tries: 0,
    nextAt: 0,
    claimedUntil: 0,
    lastError: null,
  };
  const createDownloads = vi.fn(() => Promise.resolve({ downloads: [], duplicates: [] }));
  const store = {
    onOtherTab: () => undefined,
    write: () => Promise.resolve(true),
    remove: () => Promise.resolve(true),
    read: (use: unknown) => Promise.resolve(String(use).includes('getAll') ? [stored] : 'ours'),
  } as unknown as BrowserStore;
  localStorage.setItem('workspace-outbox-hint:v1', '1');
  const outbox = new Outbox({ createDownloads } as unknown as Client, store, {
    apply: () => undefined,
  } as unknown as Downloads);
  await outbox.start();
  expect(createDownloads).toHaveBeenCalledExactlyOnceWith(
    { urls: stored.urls, ...stored.recipe },
    expect.anything(),
  );
});
