import { expect, it } from 'vitest';
import { areFormatsMissing, inLightOfEngine } from '../../../src/worker/failure/engine-trouble.ts';

// As yt-dlp 2026.10.26 says it.
const NO_RUNTIME =
  'WARNING: [youtube] No supported JavaScript runtime could be found. Only deno is enabled by default; to use another runtime add  --js-runtimes RUNTIME[:PATH]  to your command/config. YouTube extraction without a JS runtime has been deprecated, and some formats may be missing. See  https://github.com/yt-dlp/yt-dlp/wiki/EJS  for details on installing one';
const NO_SOLVER =
  'WARNING: [youtube] [jsc] Remote components challenge solver script (deno) and NPM package (deno) were skipped. These may be required to solve JS challenges.';
const UNSOLVED =
  'WARNING: [youtube] abc: n challenge solving failed: Some formats may be missing. Ensure you have a supported JavaScript runtime and challenge solver script distribution installed.';
const NO_FORMAT = 'ERROR: [youtube] abc: Requested format is not available.';

it('distinguishes a missing runtime, a missing solver, a failed solver and an old yt-dlp', () => {
  const codeOf = (...lines: readonly string[]) =>
    inLightOfEngine('FORMAT_UNAVAILABLE', [...lines, NO_FORMAT]);
  expect(codeOf(NO_RUNTIME, UNSOLVED)).toBe('RUNTIME_MISSING');
  expect(codeOf(NO_SOLVER, UNSOLVED)).toBe('SOLVER_MISSING');
  expect(codeOf(UNSOLVED)).toBe('SOLVER_FAILED');
  expect(codeOf()).toBe('FORMAT_UNAVAILABLE');
  const old = 'WARNING: [youtube] abc: nsig extraction failed: Some formats may be missing';
  expect(inLightOfEngine('ENGINE_OUTDATED', [old])).toBe('ENGINE_OUTDATED');
});

it('does not override a plain answer of the site', () => {
  expect(inLightOfEngine('MEDIA_UNAVAILABLE', [NO_RUNTIME])).toBe('MEDIA_UNAVAILABLE');
  expect(inLightOfEngine('LOGIN_REQUIRED', [UNSOLVED])).toBe('LOGIN_REQUIRED');
});

it('retries a download whose yt-dlp was removed meanwhile', () => {
  const gone = 'engine.NotTheFound: yt-dlp has gone from /opt/yt-dlp';
  expect(inLightOfEngine('UNKNOWN', ['Traceback (most recent call last):', gone])).toBe(
    'INTERRUPTED',
  );
});

it('detects formats that are missing for lack of a solver, not for another reason', () => {
  expect(areFormatsMissing([UNSOLVED])).toBe(true);
  expect(areFormatsMissing([NO_RUNTIME])).toBe(true);
  const signIn =
    'WARNING: [youtube] This video is age-restricted; some formats may be missing without authentication.';
  expect(areFormatsMissing([NO_SOLVER, signIn])).toBe(false);
});
