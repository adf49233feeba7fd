import { expect, it } from 'vitest';
import { actionsOf, type Download, type DownloadAction } from '../src/index.ts';

type Part = Partial<Pick<Download, 'phase' | 'metadata' | 'error' | 'entries'>>;

const live = { metadata: { is_live: true } };
const truncated = {
  error: { code: 'TRUNCATED' as const, message: '', hint: '', retryable: true },
};
const withFailedEntries = { entries: { total: 3, done: 2, failed: 1, skipped: 0 } };
const withoutFailedEntries = { entries: { total: 3, done: 3, failed: 0, skipped: 0 } };

it.each<[string, Download['status'], Part, DownloadAction[]]>([
  ['one that waits', 'queued', {}, ['pause', 'cancel']],
  ['one that waits and was live', 'queued', live, ['pause', 'cancel']],
  ['one that is being read', 'running', { phase: 'extracting' }, ['pause', 'cancel']],
  ['one that is fetched', 'running', { phase: 'downloading' }, ['pause', 'cancel']],
  ['a recording', 'running', { phase: 'downloading', ...live }, ['cancel', 'finish']],
  ['a recording that begins', 'running', { phase: 'extracting', ...live }, ['cancel']],
  ['a recording that is joined', 'running', { phase: 'processing', ...live }, ['cancel']],
  ['one that is processed', 'running', { phase: 'processing' }, ['cancel']],
  ['one that is checked', 'running', { phase: 'verifying' }, ['cancel']],
  ['one that is stored', 'running', { phase: 'storing' }, ['cancel']],
  [
    'a list that runs',
    'running',
    { phase: 'downloading', ...withFailedEntries },
    ['pause', 'cancel'],
  ],
  ['one that is paused', 'paused', {}, ['resume', 'cancel']],
  ['one that is done', 'completed', {}, ['purge']],
  ['a list that is done', 'completed', withoutFailedEntries, ['purge']],
  ['a list of which an entry failed', 'completed', withFailedEntries, ['retry', 'purge']],
  ['one that failed', 'failed', {}, ['retry', 'purge']],
  ['one of which a part is there', 'failed', truncated, ['retry', 'keep_incomplete', 'purge']],
  ['one that was cancelled', 'cancelled', truncated, ['retry', 'purge']],
])('of %s: %s', (_name, status, part, actions) => {
  const download = { status, phase: null, metadata: {}, error: null, entries: null, ...part };
  expect([...actionsOf(download)]).toEqual(actions);
});
