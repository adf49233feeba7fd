import { createClient } from '@artemis/contracts/client';
import { API_PREFIX } from '@artemis/contracts/vocabulary';
import { mount } from 'svelte';
import App from './App.svelte';
import type { AppParts } from './app-context.ts';
import { createAppParts } from './app-parts.ts';
import { keepSamples } from './state/samples.ts';
import { Settings } from './state/settings.svelte.ts';
import { Text } from './state/text.svelte.ts';
import { Token } from './state/token.svelte.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/early.css';

// The built script lies in a folder of the page; the page itself may be served below any path.
const base = new URL('../', import.meta.url).pathname;

/** The browser gets its turn: a frame, a press, what has arrived. */
const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Until what `index.html` shows is on the screen. A page that is hidden or covered draws no frame. */
function firstFrame(): Promise<void> {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 100);
  });
}

/** Each step is a task of its own, so that a press meanwhile waits for one of them and not for all. */
async function start(target: HTMLElement): Promise<void> {
  const settings = new Settings();
  const text = new Text(settings);
  const words = useLanguage(text, settings);
  await firstFrame();
  await words;
  const parts = create(settings, text);
  await nextTask();
  show(target, parts);
  performance.mark('artemis:usable');
  askServer(parts);
  const later = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 500));
  later(() => void prepare(parts));
}

/** The chosen language, else the browser's; the first there is if its words cannot be had. */
async function useLanguage(text: Text, settings: Settings): Promise<void> {
  const wanted = [settings.value.locale ?? [], navigator.languages].flat();
  await text.use(wanted).catch(() => text.use([]));
}

function create(settings: Settings, text: Text): AppParts {
  let isLeaving = false;
  const token = new Token();
  const client = createClient({
    baseUrl: base,
    token: () => token.value,
    // What is sent while the page closes has to outlive it.
    fetch: (input, init) => fetch(input, isLeaving ? { ...init, keepalive: true } : init),
  });
  const parts = createAppParts(base, client, { token, settings, text });
  const { history, outbox, server, sync, telemetry, undo } = parts;
  sync.onConnect(() => {
    void history.mergeServer();
    void outbox.retryNow();
    if (!server.configuration) void server.load();
  });
  window.addEventListener('pagehide', () => {
    isLeaving = true;
    undo.commitAll();
    telemetry.save();
  });
  window.addEventListener('pageshow', () => {
    isLeaving = false;
  });
  return parts;
}

/** What the server knows comes after the page is there: nothing that it shows first needs an answer. */
function askServer(parts: AppParts): void {
  const { downloads, logFeed, room, server, sync, token } = parts;
  sync.start();
  sync.lookNow();
  void room.load().catch(() => {
    // The look at the telemetry reports it and reads the lists again when the server answers.
  });
  void server.load().then(async () => {
    if (!server.has('events')) return;
    const { EventStream } = await import('./state/event-stream.ts');
    const address = `${base.replace(/\/$/, '')}${API_PREFIX}/events`;
    new EventStream({ address, token, server, sync, downloads, logFeed }).start();
  });
}

/** Takes the place of what `index.html` shows until now, with what somebody has typed into it. */
function show(target: HTMLElement, parts: AppParts): void {
  const early = document.querySelector<HTMLTextAreaElement>('#early');
  const typed = early?.value ?? '';
  const wasFocused = early !== null && document.activeElement === early;
  target.replaceChildren();
  mount(App, { target, props: { parts } });
  if (typed !== '') parts.intake.add(typed);
  if (wasFocused) document.getElementById('intake')?.focus();
}

/** What the first paint does not need. */
async function prepare(parts: AppParts): Promise<void> {
  const { downloads, outbox, settings, store, telemetry, text, toasts } = parts;
  void outbox.start();
  void keepSamples(store, telemetry);
  // The next press should not wait for the network. Library and presets show what this browser keeps, so
  // they have to be here when the server is not.
  const steps = [
    () => text.loadAll(),
    () => import('./views/QueueView.svelte'),
    () => import('./components/download/DownloadDrawer.svelte'),
    () => import('./components/frame/Palette.svelte'),
    () => import('./views/LibraryView.svelte'),
    () => import('./views/PresetsView.svelte'),
    async () => (await import('./state/shell.ts')).keepShell(base, text, toasts),
    async () => (await import('./state/notices.ts')).startNotices(downloads, settings, text),
  ];
  for (const step of steps) {
    await nextTask();
    // What did not come is fetched again, and its failure shown, when somebody wants it.
    void step().catch(() => undefined);
  }
}

const target = document.getElementById('app');
if (target) void start(target);
