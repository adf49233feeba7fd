import { describe, expect, it } from 'vitest';
import { SteadyEta } from '../../src/format/steady-eta.ts';

describe('the remaining time', () => {
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
