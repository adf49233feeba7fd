import { describe, expect, it } from 'vitest';
import { throughputLine } from '../../src/format/throughput-line.ts';

const NOW = 1_000_000_000;
const SIZE = { width: 120, height: 24 };
const every3s = (from: number, until: number, bps: number) =>
  Array.from({ length: (until - from) / 3000 }, (_, step) => ({
    at: NOW + from + step * 3000,
    bps,
  }));
const lastHeight = (path: string) => SIZE.height - Number(/ ([\d.]+)$/.exec(path)?.[1]);

describe('the line of the throughput', () => {
  it('shows a steady 255 KB/s clearly, also beside a burst', () => {
    const steady = every3s(-120_000, 0, 255_000);
    expect(lastHeight(throughputLine(steady, NOW, SIZE).path)).toBe(22);
    const burst = every3s(-180_000, -150_000, 50_000_000);
    const { path, low, high } = throughputLine([...burst, ...steady], NOW, SIZE);
    expect(lastHeight(path)).toBeGreaterThan(7);
    expect([low, high]).toEqual([255_000, 50_000_000]);
  });

  it('is scaled to what it shows, not to earlier values', () => {
    const before = every3s(-600_000, -400_000, 50_000_000);
    const { path, high } = throughputLine([...before, ...every3s(-60_000, 0, 255_000)], NOW, SIZE);
    expect(lastHeight(path)).toBe(22);
    expect(high).toBe(255_000);
  });

  it('has a gap without data, and is flat when nothing flows', () => {
    const { path } = throughputLine(
      [...every3s(-90_000, -60_000, 9), ...every3s(-30_000, 0, 9)],
      NOW,
      SIZE,
    );
    expect(path.match(/M/g)).toHaveLength(2);
    expect(throughputLine(every3s(-60_000, 0, 0), NOW, SIZE).path).toBe('');
  });
});
