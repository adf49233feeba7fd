import type { Text } from './text.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

/**
 * Lets the browser keep the page, so that it opens when the server is away, and says so when a newer one came.
 * Does nothing where browsers offer no service worker: on plain http of a local network.
 */
export async function keepShell(base: string, text: Text, toasts: Toasts): Promise<void> {
  // Missing on plain http, whatever the type says.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers || import.meta.env.DEV) return;
  let isFirst = workers.controller === null;
  workers.addEventListener('controllerchange', () => {
    // Only when asked: somebody may be typing.
    if (!isFirst) {
      toasts.show(text.t.newVersion, {
        ms: 60_000,
        action: { label: text.t.loadAgain, run: () => location.reload() },
      });
    }
    isFirst = false;
  });
  try {
    await workers.register(`${base}service-worker.js`, { scope: base, updateViaCache: 'none' });
  } catch {
    // Forbidden in this browser: the page then needs the server.
  }
}
