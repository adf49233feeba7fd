import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProbeOutcome } from '../domain/attempt.ts';
import type { LinkToProbe, Prober } from '../domain/ports.ts';
import type { ProbeRequest, TaskEngine } from '../worker/task.ts';
import { mayHaveCookies, needsProxyForAll } from './engine/engine-kind.ts';
import { ABSENCE_FAILURES, type WithEngine } from './engine/engine-lease.ts';

export interface EngineProberOptions {
  /** Used by this prober only, and emptied before the first probe. */
  readonly folder: string;
  readonly look: (request: ProbeRequest) => Promise<ProbeOutcome>;
  readonly withEngine: WithEngine;
  readonly issueProxy: (upstream: string | null) => { readonly url: string; revoke(): void };
  /** Exact `host:port` pairs that a process for this link may reach although they are private. */
  readonly egressAllow: (url: string) => readonly string[];
  readonly memoryBytes: number;
}

/** Probes links with yt-dlp on the calling thread; each probe has its own processes and its own folder. */
export function createEngineProber(options: EngineProberOptions): Prober {
  const running = new Set<Promise<unknown>>();
  const closing = new AbortController();
  let emptied: Promise<void> | null = null;

  async function empty(): Promise<void> {
    await rm(options.folder, { recursive: true, force: true });
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
  }

  /** Empties the folder once. Does not keep a failure, such as a full disk, so that the next probe tries again. */
  function emptiedOnce(): Promise<void> {
    emptied ??= empty().catch((error: unknown) => {
      emptied = null;
      throw error;
    });
    return emptied;
  }

  async function perform(
    { url, selection, firstEntry, cookies }: LinkToProbe,
    signal: AbortSignal,
    engine: TaskEngine,
  ): Promise<ProbeOutcome> {
    if (signal.aborted) return { kind: 'stopped' };
    await emptiedOnce();
    const folder = await mkdtemp(join(options.folder, 'probe-'));
    const proxy = options.issueProxy(selection.options.proxy ?? null);
    try {
      return await options.look({
        url,
        selection,
        firstEntry,
        folder,
        cookies: mayHaveCookies(engine.kind) ? (cookies?.text ?? null) : null,
        engine,
        egress: {
          allow: options.egressAllow(url),
          proxyUrl: proxy.url,
          isProxyForAll: needsProxyForAll(selection.options, engine.kind),
        },
        memoryBytes: options.memoryBytes,
        signal,
      });
    } finally {
      proxy.revoke();
      await rm(folder, { recursive: true, force: true });
    }
  }

  async function probe(link: LinkToProbe, signal: AbortSignal): Promise<ProbeOutcome> {
    const found = await options.withEngine((engine) => perform(link, signal, engine), signal);
    if (typeof found !== 'string') return found;
    return signal.aborted ? { kind: 'stopped' } : { kind: 'failed', ...ABSENCE_FAILURES[found] };
  }

  return {
    async probe(link, signal) {
      if (closing.signal.aborted) return { kind: 'stopped' };
      const probing = probe(link, AbortSignal.any([signal, closing.signal]));
      running.add(probing);
      return probing.finally(() => running.delete(probing));
    },
    async close() {
      closing.abort();
      await Promise.allSettled(running);
    },
  };
}
