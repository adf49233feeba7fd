import { beforeAll, describe, expect, it } from 'vitest';
import { runCases } from './python-cases.ts';

interface Listed {
  /** Address, begin in milliseconds of the presentation, seconds. */
  readonly segments: readonly (readonly [string, number, number])[];
  readonly hasEnded: boolean;
  readonly from: string | null;
}

interface Recorded {
  readonly segments: readonly number[];
  /** Seconds into the recording, how many, seconds of them. */
  readonly gaps: readonly (readonly [number, number, number])[];
}

describe('a manifest of live DASH', () => {
  let found: Record<string, unknown>;

  beforeAll(async () => {
    found = (await runCases('live_dash_cases.py', null)) as typeof found;
  }, 60_000);

  const namesOf = (name: string) => (found[name] as Listed).segments.map(([address]) => address);
  const span = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => `live/v2/${first + index}.m4s`);

  it('says when its segments begin and how long they are', () => {
    expect(found['listed']).toEqual({
      segments: [
        ['live/v2/007.m4s', 50_000, 2],
        ['live/v2/008.m4s', 52_000, 2],
        ['live/v2/009.m4s', 54_000, 2.5],
      ],
      hasEnded: false,
      from: null,
    });
  });

  it.each<[string, string, readonly string[]]>([
    ['by their time', 'byTicks', ['500', '520', '540'].map((time) => `live/900000-${time}.m4s`)],
    [
      'that repeat until now',
      'open',
      ['007', '008', '009', '010', '011'].map((n) => `live/v2/${n}.m4s`),
    ],
    ['from what is wanted until now', 'computed', span(27, 30)],
    ['of the stream that was chosen', 'computedSound', ['live/de-29.m4s', 'live/de-30.m4s']],
    ['that the site still has', 'behindTheWindow', span(28, 30)],
    ['until now, though the answer has lain somewhere', 'oldAnswer', span(29, 32)],
    ['of several periods', 'periods', [...span(27, 28), 'live/x/007.m4s']],
  ])('names the segments %s', (_, name, names) => {
    expect(namesOf(name)).toEqual(names);
  });

  it('names the addresses of its segments, and its own new address', () => {
    expect(namesOf('elsewhere')[0]).toBe('http://cdn/a/b/v2/007.m4s');
    expect(found['elsewhere']).toMatchObject({ from: 'http://site/live/new.mpd' });
  });

  it.each<[string, string, number]>([
    ['it has become a film', 'film', 3],
    ['it has become a film that counts its time anew', 'filmOfAnotherClock', 0],
    ['its time is over', 'atItsEnd', 2],
  ])('has ended when %s', (_, name, count) => {
    expect(found[name]).toMatchObject({ hasEnded: true });
    expect(namesOf(name)).toHaveLength(count);
  });

  it('may have no segments yet', () => {
    expect(found['notBegun']).toEqual({ segments: [], hasEnded: false, from: null });
  });

  it('names the initialisation of a stream, and the difference of its clock', () => {
    expect(found['first']).toEqual(['http://site/live/v2.mp4', 0, false]);
    expect(found['firstOfSound']).toEqual([null, 2, true]);
  });

  it.each<[string, string, Recorded]>([
    ['each segment once', 'recorded', { segments: [5, 6, 7, 8, 9, 10, 11], gaps: [] }],
    [
      'and told what is not listed any more',
      'window',
      { segments: [5, 6, 7, 12, 13, 14], gaps: [[6, 4, 8]] },
    ],
    ['and told what is gone', 'gone', { segments: [5, 6, 7, 9, 10], gaps: [[6, 1, 2]] }],
  ])('is recorded, %s', (_, name, recorded) => {
    expect(found[name]).toEqual(recorded);
  });

  it('is nothing else, and nothing that needs more than a template', () => {
    expect(found['refusals']).toEqual([
      ...['ValueError', 'ValueError', 'ValueError', 'ValueError'],
      ...['NotPlain', 'NotPlain', 'NotPlain'],
    ]);
  });
});
