import type { Download } from '@artemis/contracts';
import { actionsOf } from '@artemis/contracts/rules';
import type { Actions } from '../state/actions.svelte.ts';
import type { Bulk } from '../state/bulk.ts';
import type { Command } from '../state/commands.svelte.ts';
import type { Router } from '../state/router.svelte.ts';
import type { RowSelection } from '../state/row-selection.svelte.ts';
import type { Dictionary } from '../text/words.ts';

export interface QueueCommandParts {
  readonly actions: Actions;
  readonly bulk: Bulk;
  readonly router: Router;
  readonly rowSelection: RowSelection;
  readonly focusFilter: () => void;
  readonly move: (by: 1 | -1) => void;
  readonly openRetryMenu: (id: string) => void;
  readonly activeRecord: () => Download | undefined;
  /** The chosen rows, or the one with the focus when none is chosen. */
  readonly chosen: () => readonly string[];
}

type Move = readonly [
  id: string,
  key: string,
  label: (t: Dictionary) => string,
  next: (priority: number) => number,
];
const MOVES: readonly Move[] = [
  ['sooner', 'Alt+ArrowUp', (t) => t.runSooner, (now) => now + 1],
  ['later', 'Alt+ArrowDown', (t) => t.runLater, (now) => now - 1],
  ['first', 'Alt+Home', (t) => t.runFirst, () => 10],
];

/** What the keys do in the queue. */
export function createQueueCommands(parts: QueueCommandParts): readonly Command[] {
  const { actions, bulk, router, rowSelection, activeRecord, chosen } = parts;

  function command(
    id: string,
    keys: readonly string[],
    label: (t: Dictionary) => string,
    run: (() => void) | null,
  ): Command {
    const base = { id: `list.${id}`, group: 'list', label, keys } as const;
    return run ? { ...base, run } : { ...base, isLocal: true, run: () => undefined };
  }
  function withRecord(run: (record: Download) => void): () => void {
    return () => {
      const record = activeRecord();
      if (record) run(record);
    };
  }

  return [
    command('filter', ['/'], (t) => t.keyFilter, parts.focusFilter),
    command(
      'next',
      ['j'],
      (t) => t.keyNext,
      () => parts.move(1),
    ),
    command(
      'previous',
      ['k'],
      (t) => t.keyPrevious,
      () => parts.move(-1),
    ),
    command(
      'open',
      ['o'],
      (t) => t.keyOpen,
      withRecord((record) => router.open('download', record.id)),
    ),
    command(
      'log',
      ['l'],
      (t) => t.keyLog,
      withRecord((record) => router.open('download', record.id, { tab: 'log' })),
    ),
    command(
      'play',
      ['v'],
      (t) => t.play,
      withRecord((record) => router.open('download', record.id, { tab: 'play' })),
    ),
    command('openRow', ['Enter'], (t) => t.keyOpen, null),
    command('select', ['Space', 'x'], (t) => t.keySelect, null),
    command(
      'all',
      ['Ctrl+A'],
      (t) => t.keySelectAll,
      () => rowSelection.all(),
    ),
    command(
      'clear',
      ['Escape'],
      (t) => t.clearSelection,
      () => rowSelection.clear(),
    ),
    command(
      'retry',
      ['r'],
      (t) => t.retry,
      () => void bulk.run('retry', { ids: chosen() }),
    ),
    command(
      'retryWith',
      ['Shift+R'],
      (t) => t.retryWith,
      withRecord((record) => {
        if (actionsOf(record).has('retry')) parts.openRetryMenu(record.id);
      }),
    ),
    ...MOVES.map(([id, key, label, next]) =>
      command(id, [key], label, () => void actions.setPriority(chosen(), next)),
    ),
    command(
      'pause',
      ['p'],
      (t) => t.keyPause,
      () => {
        const record = activeRecord();
        const isPaused = record !== undefined && actionsOf(record).has('resume');
        void bulk.run(isPaused ? 'resume' : 'pause', { ids: chosen() });
      },
    ),
    command(
      'remove',
      ['Delete'],
      (t) => t.keyRemove,
      () => {
        const record = activeRecord();
        const isActive = record !== undefined && actionsOf(record).has('cancel');
        void bulk.run(isActive ? 'cancel' : 'remove', { ids: chosen() });
        rowSelection.clear();
      },
    ),
    command(
      'copyLink',
      ['c'],
      (t) => t.copyLink,
      withRecord((record) => void actions.copyUrl(record)),
    ),
    command(
      'copyPath',
      ['y'],
      (t) => t.copyPath,
      withRecord((record) => void actions.copyPath(record)),
    ),
  ];
}
