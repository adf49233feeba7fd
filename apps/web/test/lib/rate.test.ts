import { describe, expect, it } from 'vitest';
import { SmoothedRate, SteadyEta } from '../../src/lib/rate.ts';

describe('a smoothed speed', () => {
  it('settles on a steady speed whatever the time between looks', () => {
    const rate = new SmoothedRate(4000);
    let at = 0;
    for (const step of [250, 1000, 400, 3000, 700, 2000, 1500]) {
      rate.add(at * 1000, at);
      at += step;
    }
    rate.add(at * 1000, at);
    expect(rate.valueAt(at)).toBeCloseTo(1_000_000, 0);
  });

  it('is zero after five seconds without a byte and stalled after fifteen', () => {
    const rate = new SmoothedRate(4000);
    rate.add(0, 0);
    rate.add(1000, 1000);
    expect(rate.valueAt(5000)).toBeGreaterThan(0);
    expect(rate.valueAt(6001)).toBe(0);
    expect(rate.isStalledAt(16_001)).toBe(true);
  });

  it('starts again when the total goes down', () => {
    const rate = new SmoothedRate(4000);
    rate.add(0, 0);
    rate.add(5000, 1000);
    rate.add(10, 2000);
    expect(rate.valueAt(2000)).toBeNull();
  });
});

describe('what is left', () => {
  it('counts down by itself while the estimate agrees', () => {
    const eta = new SteadyEta();
    expect(eta.next(100, 0)).toBe(100);
    expect(eta.next(97, 2000)).toBe(98);
  });

  it('jumps only when the estimate moved a lot', () => {
    const eta = new SteadyEta();
    eta.next(100, 0);
    expect(eta.next(160, 1000)).toBe(160);
    expect(eta.next(null, 2000)).toBeNull();
  });
});
