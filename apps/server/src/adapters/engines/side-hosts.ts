import type { EngineHost, EngineTools } from '../engine/engine-host.ts';
import type { WithEngine } from '../engine/engine-lease.ts';
import type { YtDlpTool } from '../tools/yt-dlp-finder.ts';
import type { Tools } from '../tools/tools.ts';
import { solverLibraries } from '../tools/solver-libraries.ts';
import { engineToolsOf } from '../engine/tool-watch.ts';

export interface SideHost {
  readonly host: EngineHost;
  readonly tools: Tools;
  readonly withEngine: WithEngine;
}

export interface SideHosts {
  /** Starts hosts for this copy, or shares running ones, and ends them when nobody uses them any more. */
  use<T>(copy: YtDlpTool, use: (side: SideHost) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Hosts for versions other than the one in use: for trials, and for downloads that ask for a version. */
export function createSideHosts(options: {
  readonly tools: () => Tools;
  readonly startHost: (tools: EngineTools) => EngineHost;
  readonly leaseOf: (host: EngineHost, tools: () => Tools) => WithEngine;
}): SideHosts {
  const open = new Map<string, { readonly side: SideHost; users: number }>();

  return {
    async use(copy, use) {
      const current = options.tools();
      const { solverScript, hasEjs } = copy;
      const libraries =
        hasEjs || solverScript === null
          ? null
          : await solverLibraries(current.toolsDir, solverScript);
      let entry = open.get(copy.path);
      if (entry === undefined) {
        const tools: Tools = { ...current, ytDlp: copy, solverLibraries: libraries };
        const host = options.startHost(engineToolsOf(tools));
        const withEngine = options.leaseOf(host, () => tools);
        entry = { side: { host, tools, withEngine }, users: 0 };
        open.set(copy.path, entry);
      }
      entry.users += 1;
      try {
        return await use(entry.side);
      } finally {
        entry.users -= 1;
        if (entry.users === 0) {
          open.delete(copy.path);
          await entry.side.host.close();
        }
      }
    },
    async close() {
      await Promise.all([...open.values()].map(({ side }) => side.host.close()));
    },
  };
}
