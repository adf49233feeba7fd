/**
 * Opens the page when the server is away. It keeps the built files and the page, and touches nothing else:
 * no answer of the API, no media and no stream ever goes through it. It is built as one file of its own.
 */

/** Put in by the build: the version of the page and every file of it. */
declare const ARTEMIS_SHELL: () => { readonly version: string; readonly files: readonly string[] };

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface NotificationClick extends Extendable {
  readonly notification: Notification;
}
interface WorkerScope {
  skipWaiting(): Promise<void>;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(which: { readonly type: 'window' }): Promise<readonly { focus(): Promise<unknown> }[]>;
    openWindow(url: string): Promise<unknown>;
  };
}

const shell = ARTEMIS_SHELL();
const scope = globalThis as unknown as WorkerScope;
const base = new URL('./', location.href).pathname;
const PREFIX = 'artemis-shell-';
const CACHES_KEPT = 2;
const NETWORK_MS = 2000;
const VIEW = /^(queue|library|presets|engine|settings|diagnostics)?\/?$/;

addEventListener('install', (event) => {
  const keep = async (): Promise<void> => {
    const cache = await caches.open(PREFIX + shell.version);
    const wanted = ['', ...shell.files].map((file) => base + file);
    await cache.addAll(wanted.map((url) => new Request(url, { cache: 'no-cache' })));
    await scope.skipWaiting();
  };
  (event as Extendable).waitUntil(keep());
});

addEventListener('activate', (event) => {
  const tidy = async (): Promise<void> => {
    const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
    // The previous cache stays: a page that is still open fetches its later parts from it.
    await Promise.all(names.slice(0, -CACHES_KEPT).map((name) => caches.delete(name)));
    await scope.clients.claim();
  };
  (event as Extendable).waitUntil(tidy());
});

addEventListener('fetch', (event) => {
  const { request } = event as Fetching;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (!url.pathname.startsWith(base)) return;
  const path = url.pathname.slice(base.length);
  if (request.mode === 'navigate') {
    if (VIEW.test(path)) (event as Fetching).respondWith(page(request));
  } else if (path.startsWith('assets/') || shell.files.includes(path)) {
    (event as Fetching).respondWith(file(request));
  }
});

addEventListener('notificationclick', (event) => {
  const { notification } = event as NotificationClick;
  notification.close();
  const show = async (): Promise<void> => {
    const [first] = await scope.clients.matchAll({ type: 'window' });
    await (first ? first.focus() : scope.clients.openWindow(base));
  };
  (event as NotificationClick).waitUntil(show());
});

/** The server's page when it arrives in time, so that updates are not delayed; else the kept one. */
async function page(request: Request): Promise<Response> {
  const cache = await caches.open(PREFIX + shell.version);
  const kept = await cache.match(base);
  const asked = fetch(request);
  if (!kept) return asked;
  const late = new Promise<Response>((resolve) => {
    setTimeout(() => resolve(kept), NETWORK_MS);
  });
  return Promise.race([asked, late]).catch(() => kept);
}

/** Built files carry their content in the name; the few others change with the version. */
async function file(request: Request): Promise<Response> {
  const current = await caches.open(PREFIX + shell.version);
  return (await current.match(request)) ?? (await caches.match(request)) ?? fetch(request);
}
