import { expect, it } from 'vitest';
import { runCases } from './python-cases.ts';

it('the player cache keeps only players, only from YouTube videos, for six hours, and within its limits', async () => {
  const { taken, refused, mayTell, mayNot, ...found } = (await runCases(
    'player_cache_cases.py',
    null,
  )) as Readonly<Record<'taken' | 'refused' | 'mayTell' | 'mayNot', readonly boolean[]>>;
  expect(found).toEqual({
    answers: [true, false],
    kept: ['first', null],
    players: 3,
    entries: 64,
    newest: 'x',
    hearsFlood: false,
  });
  expect([...taken, ...mayTell]).not.toContain(false);
  expect([...refused, ...mayNot]).not.toContain(true);
});
