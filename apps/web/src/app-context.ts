import type { Client } from '@artemis/contracts/client';
import { createContext } from 'svelte';
import type { Actions } from './state/actions.svelte.ts';
import type { Announcer } from './state/announcer.svelte.ts';
import type { BrowserStore } from './state/browser-store.svelte.ts';
import type { Clock } from './state/clock.svelte.ts';
import type { Commands } from './state/commands.svelte.ts';
import type { Downloads } from './state/downloads.svelte.ts';
import type { Intake } from './state/intake.svelte.ts';
import type { LastChoices } from './state/last-choices.svelte.ts';
import type { LogFeed } from './state/log-feed.ts';
import type { LocalHistory } from './state/local-history.svelte.ts';
import type { Outbox } from './state/outbox.svelte.ts';
import type { Presets } from './state/presets.svelte.ts';
import type { Room } from './state/room.svelte.ts';
import type { RowMenuState } from './state/row-menu.svelte.ts';
import type { Router } from './state/router.svelte.ts';
import type { ServerInfo } from './state/server-info.svelte.ts';
import type { Settings } from './state/settings.svelte.ts';
import type { Sync } from './state/sync.svelte.ts';
import type { TelemetryState } from './state/telemetry.svelte.ts';
import type { Text } from './state/text.svelte.ts';
import type { Toasts } from './state/toasts.svelte.ts';
import type { Token } from './state/token.svelte.ts';
import type { Undo } from './state/undo.svelte.ts';

/** Everything a component may need, made once by `app-parts.ts`. */
export interface AppParts {
  readonly client: Client;
  readonly token: Token;
  readonly router: Router;
  readonly settings: Settings;
  readonly text: Text;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly toasts: Toasts;
  readonly undo: Undo;
  readonly telemetry: TelemetryState;
  readonly downloads: Downloads;
  readonly sync: Sync;
  readonly server: ServerInfo;
  readonly presets: Presets;
  readonly last: LastChoices;
  readonly intake: Intake;
  readonly actions: Actions;
  readonly commands: Commands;
  readonly rowMenu: RowMenuState;
  readonly store: BrowserStore;
  readonly history: LocalHistory;
  readonly outbox: Outbox;
  readonly logFeed: LogFeed;
  readonly room: Room;
}

export const [useApp, provideApp] = createContext<AppParts>();
