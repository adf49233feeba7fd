import { createCell, isRecord, type Cell } from '../storage/cell.ts';

export const THEMES = ['system', 'dark', 'light', 'contrast'] as const;
export const MOTIONS = ['system', 'reduced', 'off'] as const;
export const DENSITIES = ['comfortable', 'compact', 'plain'] as const;
export type Theme = (typeof THEMES)[number];
export type Motion = (typeof MOTIONS)[number];
export type Density = (typeof DENSITIES)[number];

/** Rewrites the front of a path on the server into one that this computer can open. */
export interface PathMap {
  readonly from: string;
  readonly to: string;
}

export interface UiSettings {
  readonly theme: Theme;
  readonly motion: Motion;
  readonly density: Density;
  readonly locale: string | null;
  readonly hasBinaryUnits: boolean;
  readonly hasSingleKeys: boolean;
  readonly hasLongTimers: boolean;
  readonly hasNotifications: boolean;
  readonly pathMaps: readonly PathMap[];
}

const DEFAULTS: UiSettings = {
  theme: 'system',
  motion: 'system',
  density: 'comfortable',
  locale: null,
  hasBinaryUnits: false,
  hasSingleKeys: true,
  hasLongTimers: false,
  hasNotifications: false,
  pathMaps: [],
};

export function createSettingsCell(storage?: () => Storage): Cell<UiSettings> {
  return createCell<UiSettings>(
    {
      key: 'workspace-ui:v1',
      version: 1,
      fallback: () => DEFAULTS,
      maxCharacters: 8192,
      parse: (body) => (isRecord(body) ? { ...DEFAULTS, ...known(body) } : null),
    },
    storage,
  );
}

function known(body: Record<string, unknown>): Record<string, unknown> {
  const checks: Record<keyof UiSettings, (value: unknown) => boolean> = {
    theme: (value) => (THEMES as readonly unknown[]).includes(value),
    motion: (value) => (MOTIONS as readonly unknown[]).includes(value),
    density: (value) => (DENSITIES as readonly unknown[]).includes(value),
    locale: (value) => value === null || typeof value === 'string',
    hasBinaryUnits: isBoolean,
    hasSingleKeys: isBoolean,
    hasLongTimers: isBoolean,
    hasNotifications: isBoolean,
    pathMaps: (value) =>
      Array.isArray(value) &&
      value.every(
        (map) => isRecord(map) && typeof map['from'] === 'string' && typeof map['to'] === 'string',
      ),
  };
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) =>
      name in checks ? checks[name as keyof UiSettings](value) : true,
    ),
  );
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

/** How this browser shows things. Every change is kept at once and reaches the other tabs. */
export class Settings {
  readonly #cell: Cell<UiSettings>;
  #value: UiSettings = $state.raw(DEFAULTS);

  constructor(cell: Cell<UiSettings> = createSettingsCell()) {
    this.#cell = cell;
    this.#value = cell.read().value;
    cell.onOtherTab(() => this.#show(cell.read().value));
  }

  get value(): UiSettings {
    return this.#value;
  }

  /** Time in which an action can be taken back. */
  get undoMs(): number {
    return this.#value.hasLongTimers ? 30_000 : 10_000;
  }

  update(change: Partial<UiSettings>): void {
    this.#show({ ...this.#value, ...change });
    this.#cell.write(this.#value);
  }

  #show(value: UiSettings): void {
    this.#value = value;
    const root = document.documentElement;
    mark(root, 'theme', value.theme === 'system' ? null : value.theme);
    mark(root, 'motion', value.motion === 'system' ? null : value.motion);
    mark(root, 'density', value.density === 'comfortable' ? null : value.density);
  }
}

function mark(root: HTMLElement, name: string, value: string | null): void {
  if (value === null) delete root.dataset[name];
  else root.dataset[name] = value;
}
