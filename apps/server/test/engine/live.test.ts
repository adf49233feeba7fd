import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { toolsUnderTest } from '../tools-under-test.ts';

const engineDir = resolve(import.meta.dirname, '../../engine');
const script = resolve(import.meta.dirname, 'live_cases.py');

interface Recorded {
  readonly has: boolean;
  readonly segments: readonly number[];
  /** Seconds into the recording, first segment, how many. */
  readonly gaps: readonly (readonly [number, number | null, number])[];
  readonly seconds: number;
}

describe('a recording of live HLS', () => {
  let found: Record<string, Recorded>;

  beforeAll(async () => {
    const { ytDlp } = await toolsUnderTest();
    const { stdout } = await promisify(execFile)(ytDlp?.pythonPath ?? 'python3', [
      '-B',
      script,
      engineDir,
    ]);
    found = JSON.parse(stdout) as Record<string, Recorded>;
  }, 60_000);

  it.each<[string, string, readonly number[]]>([
    ['has each segment once, up to the end', 'whole', [0, 1, 2, 3, 4, 5]],
    ['goes on over bad answers for its list', 'overHiccup', [0, 1, 2, 3, 4, 5, 6]],
    ['begins with the newest segments', 'beginsNow', [6, 7, 8, 9]],
    ['fetches a segment anew that was cut off', 'cutSegment', [0, 1, 2, 3, 4]],
    ['takes nothing twice from a cache that is behind', 'staleCache', [5, 6, 7, 8]],
    ['follows an encoder that counts anew', 'newNumbering', [40, 41, 42, 0, 1, 2]],
    ['continues after a stop, without the half segment', 'continued', [0, 1, 2, 3, 4, 5]],
    ['reads what is encrypted', 'decrypted', [0, 1, 2, 3, 4]],
    ['takes ranges of one file, and only from their place', 'ranges', [0, 1, 2, 3, 4, 5]],
    ['fetches anew what is a page in the place of a segment', 'pageAsSegment', [0, 1, 2, 3, 4]],
    ['fetches anew what has fewer bytes than promised', 'shortSegment', [0, 1, 2, 3, 4]],
  ])('%s', (_, name, segments) => {
    expect(found[name]).toMatchObject({ has: true, segments, gaps: [] });
  });

  it('names the segments that were gone when its list came back', () => {
    expect(found['gap']).toMatchObject({ segments: [0, 1, 2, 6, 7], gaps: [[3, 3, 3]] });
  });

  it('continues without a segment that stays missing, and names it', () => {
    expect(found['goneSegment']).toMatchObject({ segments: [0, 1, 2, 3, 5], gaps: [[4, 4, 1]] });
  });

  it.each(['givenUp', 'frozen'])('ends with what it has when nothing new comes: %s', (name) => {
    expect(found[name]).toMatchObject({ has: true, segments: [0, 1, 2], gaps: [[3, null, 0]] });
    expect(found[name]?.seconds).toBeGreaterThan(120);
    expect(found[name]?.seconds).toBeLessThan(300);
  });

  it('does not exist when nothing came', () => {
    expect(found['neverThere']).toMatchObject({ has: false, segments: [] });
  });

  it('does not treat a full disk as a hiccup of the site', () => {
    expect(found['fullDisk']).toBe('NotADirectoryError');
  });

  it('names what the site itself lacks', () => {
    expect(found['declaredGap']).toMatchObject({ segments: [0, 1, 2, 3, 5], gaps: [[4, 4, 1]] });
  });

  it.each<[string, string, readonly number[]]>([
    ['stands behind its initialisation', 'fragmented', [0, 1, 2, 3]],
    ['goes on in time where the stream begins to count anew', 'otherClock', [0, 1, 2, 3, 5, 6, 8]],
    ['goes on in time after a stop', 'continuedFragments', [0, 1, 2, 3, 5]],
  ])('of fragmented MP4 %s', (_, name, times) => {
    expect(found[name]).toEqual({ times, gaps: [] });
  });

  it('of fragmented MP4 leaves out segments with another initialisation, and names them', () => {
    expect(found['otherPicture']).toEqual({ times: [0, 1, 2, 4, 5], gaps: [[3, 1]] });
  });

  it.each(['noTransportStream', 'encrypted', 'otherCipher'])(
    'leaves to ffmpeg what cannot be copied: %s',
    (name) => {
      expect(found[name]).toEqual({ isPlain: false, files: [] });
    },
  );

  it('accepts only a list of segments', () => {
    expect(found['refusals']).toEqual([
      'ValueError',
      'NotPlain',
      'NotPlain',
      'NotPlain',
      'ValueError',
    ]);
  });
});
