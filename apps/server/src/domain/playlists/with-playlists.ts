import type { Download, Status } from '@artemis/contracts';
import type { Downloads } from '../downloads.ts';
import { RequestError } from '../errors.ts';
import type { Playlists } from './playlists.ts';

const PAUSABLE: readonly Status[] = ['queued', 'running'];
const ACTIVE: readonly Status[] = [...PAUSABLE, 'paused'];

/**
 * Downloads of which some are playlists: what is done with a parent is done with its children that have not ended.
 * A parent and its children change in one turn, and so in one write of the history.
 */
export function withPlaylists(downloads: Downloads, playlists: Playlists): Downloads {
  async function actOnFamily(
    act: (id: string) => Promise<Download>,
    id: string,
    statuses: readonly Status[],
    childStatuses: readonly Status[],
  ): Promise<Download> {
    const status = (await downloads.peek(id))?.status ?? 'completed';
    const children = statuses.includes(status) ? playlists.activeChildren(id, childStatuses) : [];
    const parent = act(id);
    const ends = await Promise.allSettled([parent, ...children.map(act)]);
    for (const end of ends.slice(1)) {
      // It has ended meanwhile, or cannot be paused where it is.
      const isConflict = (error: unknown) => error instanceof RequestError && error.status === 409;
      if (end.status === 'rejected' && !isConflict(end.reason)) throw end.reason;
    }
    return parent;
  }

  return {
    ...downloads,
    async start() {
      await playlists.recover();
      await downloads.start();
      await playlists.begin(downloads);
    },
    async detail(id) {
      const download = await downloads.get(id);
      const entries = await playlists.entriesOf(id);
      return entries ? { ...download, metadata: { ...download.metadata, entries } } : download;
    },
    cancel: (id) => actOnFamily(downloads.cancel, id, ACTIVE, ACTIVE),
    pause: (id) => actOnFamily(downloads.pause, id, PAUSABLE, PAUSABLE),
    resume: (id) => actOnFamily(downloads.resume, id, ['paused'], ['paused']),
    async update(id, request) {
      const { priority } = request;
      const updated = await downloads.update(id, request);
      if (priority !== undefined) {
        const children = playlists.activeChildren(id);
        await Promise.all(children.map((child) => downloads.update(child, { priority })));
      }
      return updated;
    },
    async purge(id, what) {
      if (playlists.isHeld(id)) await playlists.saved();
      await downloads.purge(id, what);
      await playlists.removed();
    },
    async stop() {
      playlists.stop();
      await downloads.stop();
      await playlists.close();
    },
  };
}
