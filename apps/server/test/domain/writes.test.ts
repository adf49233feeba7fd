import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../http/app-under-test.ts';
import { done, openDomain, type DomainUnderTest } from './domain-under-test.ts';

let domain: DomainUnderTest;

afterEach(() => domain.close());

describe('the start of a download', () => {
  it('is not written when the download ends a moment later', async () => {
    domain = await openDomain();
    const before = domain.writes();
    const [id = ''] = await domain.submit('https://a.example/1');
    (await eventually(() => domain.attempts.get(id))).end(done);
    await eventually(() => domain.statusOf(id) === 'completed');
    await vi.waitFor(() => expect(domain.writes()).toBe(before + 2));
  });

  it('is written soon when the download goes on, so that the next start knows', async () => {
    domain = await openDomain();
    const before = domain.writes();
    const [id = ''] = await domain.submit('https://a.example/1');
    await eventually(() => domain.attempts.get(id));
    expect(domain.statusOf(id)).toBe('running');
    await vi.waitFor(() => expect(domain.writes()).toBe(before + 2));
  });
});
