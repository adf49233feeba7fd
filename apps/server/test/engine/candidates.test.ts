import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { toolsUnderTest } from '../tools-under-test.ts';

const engineDir = resolve(import.meta.dirname, '../../engine');
const script = resolve(import.meta.dirname, 'candidates_cases.py');

it("the index of extractors always contains the one that accepts an address, in yt-dlp's order", async () => {
  const { ytDlp } = await toolsUnderTest();
  if (ytDlp?.kind !== 'module' || ytDlp.pythonPath === null) {
    throw new Error('These tests need an importable yt-dlp.');
  }
  const { stdout } = await promisify(execFile)(ytDlp.pythonPath, [
    '-B',
    script,
    engineDir,
    ytDlp.modulePath ?? '',
  ]);
  const { count, extractors, most, ...found } = JSON.parse(stdout) as {
    readonly count: number;
    readonly extractors: number;
    readonly most: number;
  };
  expect(found).toEqual({
    missed: [],
    isInOrder: true,
    hasGeneric: true,
    isWholeForOtherScripts: true,
    isWholeWithoutUrl: true,
    isWholeAgain: true,
    // Its own rule may say yes to anything; the other two only to what their patterns match.
    askedByOwnRule: ['Odd', 'Changing'],
    isWholeWithAnother: true,
  });
  expect(count).toBeGreaterThan(5000);
  expect(most).toBeLessThan(extractors / 20);
}, 60_000);
