import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBrokenSites, type BrokenSites } from '../../../src/domain/sites/broken-sites.ts';
import { siteOfLink } from '../../../src/domain/cookies/cookie-site.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function symptom(sites: BrokenSites, id: string, atMs = 0, version = '1', link = id) {
  return sites.symptom('a', { id, link, version }, atMs);
}

function broken(): BrokenSites {
  const sites = createBrokenSites();
  for (const id of ['1', '2', '3']) symptom(sites, id);
  return sites;
}

describe('a site', () => {
  it('is broken by the third link that fails alike, and names the links involved', () => {
    const sites = createBrokenSites();
    expect(symptom(sites, '1', 5)).toEqual([]);
    expect(symptom(sites, 'again', 6, '1', '1')).toEqual([]);
    expect(symptom(sites, '2', 7)).toEqual([]);
    expect(sites.all()).toEqual([]);
    expect(symptom(sites, '3', 8)).toEqual(['1', 'again', '2', '3']);
    expect(sites.get('a')).toMatchObject({ sinceMs: 5, failures: 4, version: '1' });
  });

  it.each([
    ['a success lies between', (sites: BrokenSites) => void sites.success('a'), 0, '1'],
    ['the earlier ones are older than an hour', () => undefined, HOUR + 1, '1'],
    ['the earlier ones failed with another yt-dlp', () => undefined, 0, '2'],
  ])('is not broken when %s', (_name, between, atMs, version) => {
    const sites = createBrokenSites();
    symptom(sites, '1');
    symptom(sites, '2');
    between(sites);
    expect(symptom(sites, '3', atMs, version)).toEqual([]);
    expect(sites.ask('a', '4', atMs)).toBe(true);
  });

  it('that is broken is tried by one download at a time, after pauses growing to an hour', () => {
    const sites = broken();
    const pauses: number[] = [];
    let atMs = 0;
    for (let scout = 0; scout < 7; scout += 1) {
      const nextMs = sites.get('a')?.nextTryMs ?? NaN;
      pauses.push((nextMs - atMs) / MINUTE);
      expect(sites.ask('a', 'x', nextMs - 1)).toBe(false);
      expect(sites.ask('a', 'x', nextMs)).toBe(true);
      expect(sites.ask('a', 'y', nextMs)).toBe(false);
      atMs = nextMs + 1000;
      symptom(sites, 'x', atMs);
      sites.ended('a', 'x', false, atMs);
    }
    expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60]);
  });

  it('is tried by another download when the first one is cancelled', () => {
    const sites = broken();
    sites.ask('a', 'x', 2 * MINUTE);
    sites.ended('a', 'x', true, 3 * MINUTE);
    expect(sites.ask('a', 'y', 3 * MINUTE)).toBe(true);
    sites.ended('a', 'y', false, 4 * MINUTE);
    expect(sites.heldUntilMs('a', 'z', 4 * MINUTE)).toBe(6 * MINUTE);
  });

  it('never blocks for ever: within an hour some download may try', () => {
    const event = fc.record({
      kind: fc.constantFrom('symptom', 'success', 'ask', 'ended', 'lift', 'restore'),
      id: fc.constantFrom('1', '2', '3', '4'),
      afterMs: fc.integer({ min: 0, max: HOUR }),
      wasStopped: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const sites = createBrokenSites();
        const running = new Set<string>();
        let nowMs = 0;
        const end = (id: string, wasStopped: boolean) => {
          if (running.delete(id)) sites.ended('a', id, wasStopped, nowMs);
        };
        for (const { kind, id, afterMs, wasStopped } of events) {
          nowMs += afterMs;
          if (kind === 'ask' && !running.has(id) && sites.ask('a', id, nowMs)) running.add(id);
          else if (kind === 'success' && running.has(id)) sites.success('a');
          else if (kind === 'symptom' && running.has(id)) symptom(sites, id, nowMs);
          else if (kind === 'lift') sites.lift('a');
          else if (kind === 'restore' && running.size === 0) sites.restore('a', 0, '1', nowMs);
          if (kind !== 'ask') end(id, wasStopped);
        }
        for (const id of [...running]) end(id, false);
        const heldMs = sites.heldUntilMs('a', 'new', nowMs) ?? nowMs;
        expect(heldMs - nowMs).toBeLessThanOrEqual(HOUR);
        expect(sites.ask('a', 'new', Math.max(heldMs, nowMs))).toBe(true);
      }),
    );
  });

  it.each([
    ['https://www.youtube.com/watch?v=1', 'youtube.com'],
    ['https://youtu.be/1', 'youtube.com'],
    ['https://player.video.co.uk/1', 'video.co.uk'],
    ['https://clips.someone.github.io/1', 'someone.github.io'],
    ['https://other.co.il/1', 'other.co.il'],
    ['http://127.0.0.1:8080/1', '127.0.0.1'],
    ['http://nas/1', 'nas'],
  ])('of %s is %s', (link, site) => {
    expect(siteOfLink(link)).toBe(site);
  });
});
