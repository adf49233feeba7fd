import { expect, test } from 'vitest';
import type { Refusal } from '../../../src/worker/engine/engine-control.ts';
import { createRefusals } from '../../../src/worker/failure/refusals.ts';

function refusal(fields: Partial<Refusal>): Refusal {
  return {
    ...{ kind: 'refused', event: 'connect', address: '10.0.0.1', port: 80, path: null },
    ...{ reason: null, isOptional: false },
    ...fields,
  };
}

test('the second refusal of one address and port ends a run, and another port does not', () => {
  const refusals = createRefusals();
  expect(refusals.take(refusal({}))).toBe(false);
  expect(refusals.take(refusal({ port: 81 }))).toBe(false);
  expect(refusals.take(refusal({}))).toBe(true);
  expect(refusals.all).toHaveLength(3);
});

test('a refusal for an optional part does not count for the media', () => {
  const refusals = createRefusals();
  refusals.take(refusal({ isOptional: true }));
  expect(refusals.take(refusal({}))).toBe(false);
});

test('refusals without an address never end a run: they name different things', () => {
  const refusals = createRefusals();
  const process = refusal({ event: 'process', address: null, port: null });
  refusals.take(process);
  expect(refusals.take(process)).toBe(false);
});
