import type { Client } from '@artemis/contracts/client';
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
import { Sync } from './state/sync.svelte.ts';
import { TelemetryState } from './state/telemetry.svelte.ts';
import { Toasts } from './state/toasts.svelte.ts';
import { Undo } from './state/undo.svelte.ts';

/** The state of the page, once its language is there; nothing is asked or drawn yet. `base` is the path that the page is served below. */
export function createAppParts(
  base: string,
  client: Client,
  { token, settings, text }: Pick<AppParts, 'token' | 'settings' | 'text'>,
): AppParts {
  const clock = new Clock();
  const router = new Router(base);
  const announcer = new Announcer();
  const toasts = new Toasts(announcer);
  const undo = new Undo(toasts, settings, text);
  const telemetry = new TelemetryState();
  const downloads = new Downloads(client);
  const sync = new Sync(client, clock, telemetry, downloads);
  const server = new ServerInfo(client);
  const presets = new Presets(text.t.starters);
  const last = new LastChoices();
  const actions = new Actions({ client, downloads, sync, settings, text, toasts, undo });
  const commands = new Commands(settings);
  const rowMenu = new RowMenuState();
  const store = new BrowserStore();
  const history = new LocalHistory(client, store, downloads, telemetry);
  const outbox = new Outbox(client, store, downloads);
  const intake = new Intake({ downloads, presets, last, text, store, history, outbox });
  const logFeed = new LogFeed();
  const room = new Room(client, downloads);

  return {
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
    logFeed,
    room,
  };
}
