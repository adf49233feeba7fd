import { STATUSES, type Status } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import { retryDelaySeconds } from '../../src/domain/retry-policy.ts';
import { canMove } from '../../src/domain/status.ts';

describe('the table of statuses', () => {
  const legal: Record<Status, readonly Status[]> = {
    queued: ['running', 'paused', 'completed', 'cancelled', 'failed'],
    running: ['completed', 'failed', 'cancelled', 'paused', 'queued'],
    paused: ['queued', 'completed', 'cancelled'],
    failed: ['queued'],
    cancelled: ['queued'],
    completed: ['queued'],
  };
  it.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))(
    'allows %s → %s only where the design does',
    (from, to) => {
      expect(canMove(from, to)).toBe(legal[from].includes(to));
    },
  );
});

describe('the wait before an automatic retry', () => {
  it('grows, is randomised, and is bounded', () => {
    const wait = (run: number, random = 0.5) => retryDelaySeconds('NETWORK', run, 20, null, random);
    expect([1, 2, 3, 4, 5, 9].map((run) => wait(run))).toEqual([5, 20, 80, 300, 300, 300]);
    expect(wait(1, 0)).toBeCloseTo(4);
    expect(wait(1, 1)).toBeCloseTo(6);
    expect(retryDelaySeconds('NETWORK', 3, 3, null, 0)).toBeNull();
    expect(retryDelaySeconds('MEDIA_UNAVAILABLE', 1, 3, 5, 0)).toBeNull();
  });
  it.each([
    [30, 30],
    [0, 1],
    [-5, 1],
    [1e12, 3600],
    [Infinity, 3600],
  ])('follows a Retry-After of %d s within limits: %d s', (said, taken) => {
    expect(retryDelaySeconds('THROTTLED', 1, 3, said, 0.5)).toBe(taken);
  });
});
