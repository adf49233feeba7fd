import { createClient } from '@artemis/contracts/client';
import { API_PREFIX } from '@artemis/contracts/vocabulary';
import { mount } from 'svelte';
import App from './App.svelte';
import type { AppParts } from './app-context.ts';
import { Actions } from './state/actions.svelte.ts';
import { Announcer } from './state/announcer.svelte.ts';
import { BrowserStore } from './state/browser-store.svelte.ts';
import { Clock } from './state/clock.svelte.ts';
import { Commands } from './state/commands.svelte.ts';
import { Downloads } from './state/downloads.svelte.ts';
import { Intake } from './state/intake.svelte.ts';
import { LastChoices } from './state/last-choices.svelte.ts';
import { LogFeed } from './state/log-feed.ts';
import { LocalHistory } from './state/local-history.svelte.ts';
import { Outbox } from './state/outbox.svelte.ts';
import { Presets } from './state/presets.svelte.ts';
import { Room } from './state/room.svelte.ts';
import { RowMenuState } from './state/row-menu.svelte.ts';
import { Router } from './state/router.svelte.ts';
import { ServerInfo } from './state/server-info.svelte.ts';
import { Settings } from './state/settings.svelte.ts';
import { Sync } from './state/sync.svelte.ts';
import { TelemetryState } from './state/telemetry.svelte.ts';
import { keepSamples } from './state/samples.ts';
import { Text } from './state/text.svelte.ts';
import { Toasts } from './state/toasts.svelte.ts';
import { Token } from './state/token.svelte.ts';
import { Undo } from './state/undo.svelte.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/early.css';

// The built script lies in a folder of the page; the page itself may be served below any path.
const base = new URL('../', import.meta.url).pathname;
let isLeaving = false;

const token = new Token();
const client = createClient({
  baseUrl: base,
  token: () => token.value,
  // What is sent while the page closes has to outlive it.
  fetch: (input, init) => fetch(input, isLeaving ? { ...init, keepalive: true } : init),
});

const settings = new Settings();
const text = new Text(settings);
const clock = new Clock();
const router = new Router(base);
const announcer = new Announcer();
const toasts = new Toasts(announcer);
const undo = new Undo(toasts, settings, text);
const telemetry = new TelemetryState();
const downloads = new Downloads(client);
const sync = new Sync(client, clock, telemetry, downloads);
const server = new ServerInfo(client);
const presets = new Presets();
const last = new LastChoices();
const actions = new Actions({ client, downloads, sync, settings, text, toasts, undo });
const commands = new Commands(settings);
const rowMenu = new RowMenuState();
const store = new BrowserStore();
const history = new LocalHistory(client, store, downloads, telemetry);
const outbox = new Outbox(client, store, downloads);
const intake = new Intake({ downloads, presets, last, text, store, history, outbox });
const logLines = new LogFeed();
const room = new Room(client, downloads);

const parts: AppParts = {
  client,
  token,
  router,
  settings,
  text,
  clock,
  announcer,
  toasts,
  undo,
  telemetry,
  downloads,
  sync,
  server,
  presets,
  last,
  intake,
  actions,
  commands,
  rowMenu,
  store,
  history,
  outbox,
  logFeed: logLines,
  room,
};

void text.use([settings.value.locale ?? [], navigator.languages].flat());
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

/** What the server knows comes after the page is there: nothing that it shows first needs an answer. */
function askServer(): void {
  sync.start();
  sync.lookNow();
  void room.load().catch(() => {
    // The look at the telemetry reports it and reads the lists again when the server answers.
  });
  void server.load().then(async () => {
    if (!server.has('events')) return;
    const { EventStream } = await import('./state/event-stream.ts');
    const address = `${base.replace(/\/$/, '')}${API_PREFIX}/events`;
    new EventStream({ address, token, server, sync, downloads, logFeed: logLines }).start();
  });
}

/** Takes the place of what `index.html` shows until now, with what somebody has typed into it. */
function show(target: HTMLElement): void {
  const early = document.querySelector<HTMLTextAreaElement>('#early');
  const typed = early?.value ?? '';
  const wasFocused = early !== null && document.activeElement === early;
  target.replaceChildren();
  mount(App, { target, props: { parts } });
  if (typed !== '') intake.add(typed);
  if (wasFocused) document.getElementById('intake')?.focus();
}

const target = document.getElementById('app');
if (target) {
  show(target);
  performance.mark('artemis:usable');
  askServer();
  // What the first paint does not need.
  const later = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 500));
  later(() => {
    void outbox.start();
    void keepSamples(store, telemetry);
    // The next press should not wait for the network. Library and presets show what this browser keeps, so
    // they have to be here when the server is not.
    const parts = [
      text.loadAll(),
      import('./views/QueueView.svelte'),
      import('./components/DownloadDrawer.svelte'),
      import('./components/Palette.svelte'),
      import('./views/LibraryView.svelte'),
      import('./views/PresetsView.svelte'),
      import('./state/shell.ts').then(({ keepShell }) => keepShell(base, text, toasts)),
      import('./state/notices.ts').then(({ startNotices }) =>
        startNotices(downloads, settings, text),
      ),
    ];
    // What did not come is fetched again, and its failure shown, when somebody wants it.
    void Promise.allSettled(parts);
  });
}
