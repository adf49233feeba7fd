import type { AppParts } from '../app-context.ts';
import type { Command } from '../state/commands.svelte.ts';
import { VIEWS, type View } from '../state/router.svelte.ts';
import { THEMES, type Theme } from '../state/settings.svelte.ts';
import type { Dictionary } from '../text/words.ts';

const VIEW_KEYS: Readonly<Record<View, string>> = {
  room: 'g r',
  queue: 'g q',
  library: 'g l',
  presets: 'g p',
  engine: 'g e',
  settings: 'g s',
  diagnostics: 'g d',
};

export function viewName(view: View, t: Dictionary): string {
  const names: Readonly<Record<View, string>> = {
    room: t.roomTitle,
    queue: t.queueTitle,
    library: t.navLibrary,
    presets: t.navPresets,
    engine: t.navEngine,
    settings: t.navSettings,
    diagnostics: t.diagnosticsTitle,
  };
  return names[view];
}

export function viewIcon(view: View): string {
  return view === 'settings' ? 'finishing' : view;
}

export function themeName(theme: Theme, t: Dictionary): string {
  const names: Readonly<Record<Theme, string>> = {
    system: t.themeSystem,
    dark: t.themeDark,
    light: t.themeLight,
    contrast: t.themeContrast,
  };
  return names[theme];
}

/** What can be done on every view. */
export function createGlobalCommands(app: AppParts): readonly Command[] {
  const { router, settings, sync, undo } = app;
  return [
    ...VIEWS.map((view): Command => ({
      id: `go.${view}`,
      group: 'go',
      icon: viewIcon(view),
      label: (t) => t.goTo({ view: viewName(view, t) }),
      keys: [VIEW_KEYS[view]],
      run: () => router.go(view),
      isInPalette: true,
    })),
    {
      id: 'palette',
      group: 'do',
      label: (t) => t.keyPalette,
      keys: ['Ctrl+K', ':'],
      run: () => router.open('palette'),
    },
    {
      id: 'intake',
      group: 'do',
      label: (t) => t.keyIntake,
      keys: ['n'],
      isInPalette: true,
      run: () => {
        const field = router.view === 'room' ? document.getElementById('intake') : null;
        if (field) field.focus();
        else router.open('intake');
      },
    },
    {
      id: 'paste',
      group: 'do',
      label: (t) => t.keyPaste,
      keys: ['Ctrl+V'],
      isLocal: true,
      run: () => undefined,
    },
    {
      id: 'undo',
      group: 'do',
      label: (t) => t.keyUndo,
      keys: ['u', 'Ctrl+Z'],
      isInPalette: true,
      run: () => undo.undoLast(),
    },
    {
      id: 'keys',
      group: 'do',
      label: (t) => t.keysTitle,
      keys: ['?'],
      isInPalette: true,
      run: () => router.open('keys'),
    },
    {
      id: 'look',
      group: 'do',
      label: (t) => t.tryNow,
      isInPalette: true,
      run: () => sync.lookNow(),
    },
    {
      id: 'toasts',
      group: 'do',
      label: (t) => t.toastsLabel,
      keys: ['F6'],
      run: () => {
        const region = document.getElementById('toasts');
        (region?.querySelector('button') ?? region)?.focus();
      },
    },
    ...THEMES.map((theme): Command => ({
      id: `theme.${theme}`,
      group: 'do',
      label: (t) => t.paletteTheme({ name: themeName(theme, t) }),
      isInPalette: true,
      run: () => settings.update({ theme }),
    })),
  ];
}
