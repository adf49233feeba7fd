import { createClient, type Download } from '@artemis/contracts/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Actions, type ActionParts } from '../../src/state/actions.svelte.ts';
import { startFakeServer, type FakeServer } from '../fake-server.ts';
import { en } from '../words.ts';

describe('actions on downloads', () => {
  let server: FakeServer;
  let shown: string[];
  let changed: Download[];
  let actions: Actions;

  beforeEach(async () => {
    server = await startFakeServer({ queued: 1, tickMs: 0 });
    [shown, changed] = [[], []];
    const parts = {
      client: createClient({ baseUrl: server.url }),
      downloads: {
        apply: ({ downloads }: { downloads: Download[] }) => changed.push(...downloads),
      },
      sync: { lookNow: () => undefined },
      text: { t: en },
      toasts: { show: (text: string) => shown.push(text) },
    };
    actions = new Actions(parts as unknown as ActionParts);
  });

  afterEach(() => server.close());

  function idOf(change: Partial<Download>): string {
    const [id = ''] = server.room.records.keys();
    server.room.change(id, change);
    return id;
  }
  const asked = () =>
    server.requests.filter(({ method }) => method === 'POST').map(({ path, body }) => [path, body]);

  it('finish a recording and say so', async () => {
    const id = idOf({ status: 'running', phase: 'downloading', metadata: { is_live: true } });
    await actions.finish(id);
    expect(asked()).toEqual([[`/api/v1/downloads/${id}/finish`, {}]]);
    expect(shown).toEqual([en.toastFinishing]);
    expect(changed.map((record) => record.id)).toEqual([id]);
  });

  it('say why a recording cannot be finished when it has ended meanwhile', async () => {
    const id = idOf({ status: 'completed', phase: null, metadata: { is_live: true } });
    await actions.finish(id);
    expect(shown).toEqual(['This is not a running live recording']);
  });

  it('try a waiting site at once, or say why not', async () => {
    await actions.tryHost('video.example');
    expect(asked()).toEqual([['/api/v1/hosts/video.example/resume', {}]]);
    expect(shown).toEqual([en.toastTryNow({ host: 'video.example' })]);
    await actions.tryHost('other.example');
    expect(shown.at(-1)).toBe('No downloads wait for this site');
  });

  it('keep the partial media of a truncated download', async () => {
    const error = { code: 'TRUNCATED', message: '', hint: '', retryable: true } as const;
    const id = idOf({ status: 'failed', error });
    await actions.keepAsIs(id);
    expect(asked()).toEqual([[`/api/v1/downloads/${id}/retry`, { accept_incomplete: true }]]);
    expect(shown).toEqual([en.toastKeeping]);
  });
});
