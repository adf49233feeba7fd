import { describe, expect, it } from 'vitest';
import { seatTracks } from '../../src/browser/tracks.ts';

const slots = (...ids: (string | null)[]) =>
  ids.map((download_id, slot) => ({ slot, download_id }));

describe('tracks', () => {
  it('are where the telemetry says', () => {
    expect(seatTracks(slots(null, 'b', 'a'), ['a', 'b'], [])).toEqual([null, 'b', 'a']);
  });

  it('lose what has ended since, and give its place to who has come', () => {
    expect(seatTracks(slots('a', 'b'), ['b', 'c'], ['a', 'b'])).toEqual(['c', 'b']);
  });

  it('keep the place of who has come until the telemetry names another', () => {
    const first = seatTracks(slots('a', 'b', null), ['b', 'c', 'd'], ['a', 'b', null]);
    expect(first).toEqual(['c', 'b', 'd']);
    expect(seatTracks(slots('a', 'b', null), ['d', 'e'], first)).toEqual(['e', null, 'd']);
    expect(seatTracks(slots('d', 'e', null), ['d', 'e'], ['e', null, 'd'])).toEqual([
      'd',
      'e',
      null,
    ]);
  });

  it('are never more than there are, and nobody is on two', () => {
    const seats = seatTracks(slots('a', 'a', null), ['a', 'b', 'c', 'd'], ['b', 'b', 'b']);
    expect(seats).toHaveLength(3);
    expect(new Set(seats).size).toBe(3);
  });
});
