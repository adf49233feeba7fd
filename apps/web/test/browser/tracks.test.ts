import { describe, expect, it } from 'vitest';
import { seatTracks } from '../../src/browser/tracks.ts';

const slots = (...ids: (string | null)[]) =>
  ids.map((download_id, slot) => ({ slot, download_id }));

describe('the order of running downloads', () => {
  it('follows the telemetry', () => {
    expect(seatTracks(slots(null, 'b', 'a'), ['a', 'b'], [])).toEqual([null, 'b', 'a']);
  });

  it('drops ended downloads and gives their place to new ones', () => {
    expect(seatTracks(slots('a', 'b'), ['b', 'c'], ['a', 'b'])).toEqual(['c', 'b']);
  });

  it('keeps the place of a new download until the telemetry names another', () => {
    const first = seatTracks(slots('a', 'b', null), ['b', 'c', 'd'], ['a', 'b', null]);
    expect(first).toEqual(['c', 'b', 'd']);
    expect(seatTracks(slots('a', 'b', null), ['d', 'e'], first)).toEqual(['e', null, 'd']);
    expect(seatTracks(slots('d', 'e', null), ['d', 'e'], ['e', null, 'd'])).toEqual([
      'd',
      'e',
      null,
    ]);
  });

  it('has no more places than slots, and no download twice', () => {
    const seats = seatTracks(slots('a', 'a', null), ['a', 'b', 'c', 'd'], ['b', 'b', 'b']);
    expect(seats).toHaveLength(3);
    expect(new Set(seats).size).toBe(3);
  });
});
