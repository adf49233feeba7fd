import type { Command } from '../state/commands.svelte.ts';
import type { Dictionary } from '../text/words.ts';
import { EXPORT_FILES, type ExportKind } from '../history/history-export.ts';
import type { HistoryEntry } from '../history/history-merge.ts';

export interface LibraryCommandParts {
  readonly focusFilter: () => void;
  readonly move: (by: 1 | -1) => void;
  /** The entry with the focus; undefined on the name of a day. */
  readonly activeEntry: () => HistoryEntry | undefined;
  readonly open: (id: string, tab?: 'log' | 'play') => void;
  readonly copy: (text: string) => void;
  readonly localPath: (path: string) => string;
  readonly save: (kind: ExportKind) => void;
}

export function exportName(kind: ExportKind, t: Dictionary): string {
  const names: Readonly<Record<ExportKind, string>> = {
    json: 'JSON',
    csv: 'CSV',
    links: t.exportLinks,
    evidence: t.exportEvidence,
  };
  return names[kind];
}

/** What the keys do in the library. */
export function createLibraryCommands(parts: LibraryCommandParts): readonly Command[] {
  function command(
    id: string,
    key: string,
    label: (t: Dictionary) => string,
    run: (() => void) | null,
  ): Command {
    const base = { id: `list.${id}`, group: 'list', label, keys: [key] } as const;
    return run ? { ...base, run } : { ...base, isLocal: true, run: () => undefined };
  }
  function withEntry(run: (entry: HistoryEntry) => void): () => void {
    return () => {
      const entry = parts.activeEntry();
      if (entry) run(entry);
    };
  }

  return [
    command('filter', '/', (t) => t.keyFilter, parts.focusFilter),
    command(
      'next',
      'j',
      (t) => t.keyNext,
      () => parts.move(1),
    ),
    command(
      'previous',
      'k',
      (t) => t.keyPrevious,
      () => parts.move(-1),
    ),
    command(
      'open',
      'o',
      (t) => t.keyOpen,
      withEntry(({ id }) => parts.open(id)),
    ),
    command('openRow', 'Enter', (t) => t.keyOpen, null),
    command(
      'log',
      'l',
      (t) => t.keyLog,
      withEntry(({ id }) => parts.open(id, 'log')),
    ),
    command(
      'play',
      'v',
      (t) => t.play,
      withEntry(({ id }) => parts.open(id, 'play')),
    ),
    command(
      'copyLink',
      'c',
      (t) => t.copyLink,
      withEntry(({ url }) => parts.copy(url)),
    ),
    command(
      'copyPath',
      'y',
      (t) => t.copyPath,
      withEntry(({ path }) => {
        if (path !== null) parts.copy(parts.localPath(path));
      }),
    ),
    ...(Object.keys(EXPORT_FILES) as ExportKind[]).map((kind): Command => ({
      id: `export.${kind}`,
      group: 'do',
      label: (t) => t.exportAs({ kind: exportName(kind, t) }),
      isInPalette: true,
      run: () => parts.save(kind),
    })),
  ];
}
