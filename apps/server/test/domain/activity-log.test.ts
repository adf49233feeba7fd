import { expect, it } from 'vitest';
import { say } from '@artemis/contracts';
import { createActivityLog } from '../../src/domain/activity-log.ts';
import { clockHealth } from '../../src/domain/passed-time.ts';

it('a line has the code and the figures of its sentence, and one of yt-dlp has none', () => {
  const kept: object[] = [];
  const log = createActivityLog(() => new Date(0), { append: (line) => void kept.push(line) });
  log.write('warn', say('NEXT_TRY', { name: 'A', reason: 'It broke.', seconds: 9 }), null, true);
  log.write('info', '[download] 3 %', null, true);
  const at = new Date(0).toISOString();
  const values = { name: 'A', reason: 'It broke.', seconds: 9 };
  const text = 'A: It broke. Next try in 9 s.';
  expect(log.console(0).lines).toEqual([
    { seq: 1, at, level: 'warn', text, code: 'NEXT_TRY', values },
    { seq: 2, at, level: 'info', text: '[download] 3 %' },
  ]);
  expect(kept[0]).toMatchObject({ text, code: 'NEXT_TRY', values });
});

it('a condition that is told as a line brings its sentence alone', () => {
  const log = createActivityLog(() => new Date(0));
  log.write('warn', clockHealth({ zeroMs: 0, passedMs: 0, setBackMs: 0, doubt: null }), null, true);
  expect(Object.keys(log.console(0).lines[0] ?? {})).toEqual([
    'seq',
    'at',
    'level',
    'text',
    'code',
  ]);
});
