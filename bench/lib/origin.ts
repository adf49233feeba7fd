import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, stopChild } from './children.ts';
import type { Seen } from './origin-server.ts';

export const ONE_MB = '1000000.mp4';

export interface Origin {
  /** `host:port`, as `EGRESS_ALLOW` takes it. */
  readonly hostPort: string;
  /** An address that nobody has asked for yet. `pace`: latency in ms, or `trickle` for 32 KiB a second. */
  fresh(file: string, pace?: number | 'trickle'): { readonly run: string; readonly url: string };
  /** When the first request of the run arrived (`nowMs`). Waits for it. */
  firstRequestMs(run: string): Promise<number>;
  /** Waits until so many requests of the run have arrived. */
  requests(run: string, count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startOrigin(mediaFolder: string): Promise<Origin> {
  const script = fileURLToPath(new URL('./origin-server.ts', import.meta.url));
  const child = startChild(
    process.execPath,
    ['--conditions=@artemis/source', '--import', 'tsx', script, mediaFolder],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const hostPort = `127.0.0.1:${port}`;
  const waiters = new Map<string, (seen: Seen | null) => void>();
  let count = 0;
  child.on('message', ({ run, seen }: { run: string; seen: Seen | null }) => {
    waiters.get(run)?.(seen);
    waiters.delete(run);
  });

  function ask(run: string): Promise<Seen | null> {
    return new Promise((resolve) => {
      waiters.set(run, resolve);
      child.send(run);
    });
  }

  async function seenAfter(run: string, requests: number): Promise<Seen> {
    for (;;) {
      const seen = await ask(run);
      if (seen !== null && seen.requests >= requests) return seen;
      await sleep(20);
    }
  }

  return {
    hostPort,
    fresh(file, pace = 0) {
      count += 1;
      const run = `run${process.pid}-${count}`;
      return { run, url: `http://${hostPort}/${run}/${pace}/${file}` };
    },
    firstRequestMs: async (run) => (await seenAfter(run, 1)).firstMs,
    requests: async (run, wanted) => void (await seenAfter(run, wanted)),
    close: () => stopChild(child),
  };
}
