import type { Download } from '@artemis/contracts';
import { expect, it } from 'vitest';
import { queueEta } from '../../src/format/queue-eta.ts';
import { fakeDownload } from '../fake-records.ts';

const START = Date.UTC(2026, 10, 22, 12);

function ended(count: number, seconds: number): Download[] {
  return Array.from({ length: count }, (_, at) => ({
    ...fakeDownload(at + 1, 'completed', START),
    started_at: new Date(START).toISOString(),
    completed_at: new Date(START + seconds * 1000).toISOString(),
  }));
}
const facts = { waiting: 100, workers: 4, perHost: 2, hosts: [] };

it('estimates nothing from a few downloads', () => {
  expect(queueEta(ended(19, 60), facts)).toBeNull();
  expect(queueEta(ended(20, 60), { ...facts, waiting: 0 })).toBeNull();
});

it('estimates the queue by the slots, as a range', () => {
  expect(queueEta(ended(20, 60), facts)).toEqual({ low: 1500, high: 1875 });
});

it('accounts for the limit for each site', () => {
  const eta = queueEta(ended(20, 60), { ...facts, hosts: [{ queued: 90 }, { queued: 10 }] });
  expect(eta?.low).toBe(2700);
});

it('gives a wide range when some downloads took very long', () => {
  const eta = queueEta([...ended(15, 10), ...ended(5, 1000)], facts);
  expect(eta?.low).toBe(250);
  expect(eta?.high).toBeGreaterThan(6000);
});
