import { describe, expect, it } from 'vitest';
import { createProbedMediaCache } from '../../../src/domain/links/probed-media.ts';

const HOURS = 3_600_000;
const MIB = 1024 ** 2;
const metadata = { title: 'A title' };

describe('what probes have found', () => {
  it('is given for the same link and proxy for six hours', () => {
    let nowMs = 1;
    const cache = createProbedMediaCache(() => nowMs);
    cache.put('https://a.example/', 'http://proxy.example', { metadata, info: '{}' });
    expect(cache.info('https://a.example/', 'http://proxy.example')).toBe('{}');
    expect(cache.info('https://a.example/', null)).toBeNull();
    expect(cache.metadata('https://a.example/')).toBe(metadata);
    nowMs += 6 * HOURS + 1;
    expect(cache.metadata('https://a.example/')).toBeNull();
    expect(cache.info('https://a.example/', 'http://proxy.example')).toBeNull();
  });

  it('gives way to newer answers when it becomes large', () => {
    const cache = createProbedMediaCache();
    const info = 'x'.repeat(12 * MIB);
    for (const url of ['a', 'b', 'c']) cache.put(url, null, { metadata, info });
    expect(['a', 'b', 'c'].map((url) => cache.info(url, null)?.length ?? 0)).toEqual([
      0,
      12 * MIB,
      12 * MIB,
    ]);
  });
});
