import { describe, expect, it } from 'vitest';
import { EMPTY_LEDGER, parseLedger } from '../../src/adapters/engines/ledger-document.ts';

const at = '2026-11-27T03:10:00.000Z';
const trial = {
  at,
  outcome: 'passed',
  steps: [{ name: 'import', state: 'ok', site: null, message: null }],
};
const note = {
  addedAt: at,
  trial,
  wasLeft: false,
  mark: 'm',
  ends: { 'a.example': { '2026-11-27': [3, 1] } },
};
const event = {
  at,
  code: 'FETCHED',
  message: 'It was fetched.',
  version: '2026.11.20',
  from: null,
  site: null,
};
const whole = {
  ...{
    channel: 'nightly',
    inUse: '2026.11.20',
    usedSince: at,
    previous: '2026.10.26',
    isPinned: true,
  },
  ...{ lookedAt: at, problem: { message: 'm', remedy: 'r' }, engines: { '2026.11.20': note } },
  ...{
    fresh: { 'a.example': [1, 0] },
    links: { 'a.example': 'https://a.example/1' },
    events: [event],
  },
};
const parse = (value: unknown) => parseLedger(JSON.stringify(value));

describe('engines.json', () => {
  it('is read as it was written', () => {
    expect(parse(whole)).toEqual(whole);
    const said = { code: 'A', values: { count: 1, name: 'b' } };
    const coded = {
      ...whole,
      problem: { message: 'm', ...said, remedy: 'r', remedy_code: 'B' },
      engines: { a: { ...note, trial: { ...trial, steps: [{ ...trial.steps[0], ...said }] } } },
      events: [{ ...event, message_code: 'C', message_values: { from: 'd' } }],
    };
    expect(parse(coded)).toEqual(coded);
  });

  it('loses the code of a sentence whose values are damaged, and keeps its prose', () => {
    const damaged = { ...event, message_code: 'C', message_values: { from: {} } };
    expect(parse({ ...whole, events: [damaged] }).events).toEqual([event]);
  });

  it('keeps its valid parts when others are damaged or of another version', () => {
    const odd = {
      ...{ channel: 'beta', inUse: 5, usedSince: 'soon', isPinned: 'yes', problem: 'none' },
      engines: { a: null, b: { trial: { outcome: 'great' }, ends: [1], mark: 3 }, c: note },
      ...{
        fresh: { a: [1], b: [-1, 2], c: [1, 2] },
        links: { a: 'no link' },
        events: [{}, 7, event],
      },
      ...{ lookedAt: null, previous: null, more: 'of a later version' },
    };
    const blank = { addedAt: null, trial: null, wasLeft: false, mark: null, ends: {} };
    expect(parse(odd)).toEqual({
      ...EMPTY_LEDGER,
      ...{ engines: { a: blank, b: blank, c: note }, fresh: { c: [1, 2] }, events: [event] },
    });
    expect(parse({})).toEqual(EMPTY_LEDGER);
  });

  it('counts as empty when it is not a document', () => {
    for (const text of ['', '[]', 'null', '{"engines":']) expect(() => parseLedger(text)).toThrow();
  });

  it('forgets a trial that a kill interrupted, so that it runs again', () => {
    const cut = { ...note, trial: { ...trial, outcome: 'running' } };
    expect(parse({ ...whole, engines: { x: cut } }).engines['x']).toEqual({ ...note, trial: null });
  });
});
