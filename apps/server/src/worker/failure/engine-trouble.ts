import type { FailureCode } from '@artemis/contracts';

/** Codes of failures whose true cause may be a missing JavaScript runtime or challenge solver. */
const DOUBTFUL: ReadonlySet<FailureCode> = new Set([
  'FORMAT_UNAVAILABLE',
  'ENGINE_OUTDATED',
  'ENGINE_MISSING',
  'UNKNOWN',
]);

interface Trouble {
  readonly code: FailureCode;
  readonly pattern: RegExp;
}

/** Messages of yt-dlp 2026.10.26 about YouTube's challenges. The first match counts, because each trouble causes the next. */
const TROUBLES: readonly Trouble[] = [
  { code: 'RUNTIME_MISSING', pattern: /No supported JavaScript runtime could be found/ },
  {
    code: 'SOLVER_MISSING',
    pattern: /Remote components? .+ skipped|No usable challenge solver \w+ script/,
  },
  {
    code: 'SOLVER_FAILED',
    pattern: /challenge solving failed|Signature solving failed|Error solving \w+ challenge/i,
  },
];

/** yt-dlp prints this when it could read only some formats of a video. */
const FORMATS_LEFT_OUT = /some formats may be missing/i;

/**
 * Corrects the code of a failure by the lines before it: without a runtime or a solver YouTube offers only pictures, and
 * yt-dlp then complains about formats or about its own age.
 */
export function inLightOfEngine(code: FailureCode, lines: readonly string[]): FailureCode {
  // Printed by engine.py when the folder of yt-dlp is gone; the next attempt runs with the yt-dlp that is found then.
  if (lines.some((line) => line.includes('NotTheFound: '))) return 'INTERRUPTED';
  if (!DOUBTFUL.has(code)) return code;
  const said = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  return TROUBLES.find(({ pattern }) => said(pattern))?.code ?? code;
}

/** Whether yt-dlp missed formats of the site because it has no runtime or no solver. */
export function areFormatsMissing(lines: readonly string[]): boolean {
  return lines.some(
    (line) => FORMATS_LEFT_OUT.test(line) && TROUBLES.some(({ pattern }) => pattern.test(line)),
  );
}
