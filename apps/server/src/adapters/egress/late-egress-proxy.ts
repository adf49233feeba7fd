import { lateImport } from '../../late-import.ts';
import type { EgressProxy, EgressProxyOptions } from './egress-proxy.ts';

/**
 * The egress proxy, with its library loaded at the first `listen`: the library is a tenth of all code that the server would
 * load before it listens, and only attempts need it.
 */
export function createLateEgressProxy(options: EgressProxyOptions): EgressProxy {
  let opening: Promise<void> | null = null;
  let proxy: EgressProxy | null = null;

  async function open(): Promise<void> {
    const { createEgressProxy } = await lateImport(() => import('./egress-proxy.ts'));
    const created = createEgressProxy(options);
    await created.listen();
    proxy = created;
  }

  return {
    listen() {
      opening ??= open().catch((error: unknown) => {
        opening = null;
        throw error;
      });
      return opening;
    },
    issue(jobOptions) {
      if (proxy === null) throw new Error('The egress proxy does not listen yet.');
      return proxy.issue(jobOptions);
    },
    async close() {
      await opening?.catch(() => undefined);
      await proxy?.close();
    },
  };
}
