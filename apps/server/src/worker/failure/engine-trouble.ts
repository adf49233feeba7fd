import type { FailureCode } from '@artemis/contracts';

/** Codes that are said where a site offers nothing, and that want of the engine's own means may be behind. */
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

/** What yt-dlp 2026.10.26 says of the challenges of YouTube. The first that fits counts, as one leads to the next. */
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

/** Said of a video that yt-dlp could read only in part. */
const FORMATS_LEFT_OUT = /some formats may be missing/i;

/**
 * The code of a failure in the light of all that was said before it: without a runtime or a solver YouTube offers
 * pictures alone, and yt-dlp then speaks of formats or of its age.
 */
export function inLightOfEngine(code: FailureCode, lines: readonly string[]): FailureCode {
  // engine.py: its folder has gone; the next attempt runs with what is found now.
  if (lines.some((line) => line.includes('NotTheFound: '))) return 'INTERRUPTED';
  if (!DOUBTFUL.has(code)) return code;
  const said = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  return TROUBLES.find(({ pattern }) => said(pattern))?.code ?? code;
}

/** Whether the site has more formats than yt-dlp could read, for want of a runtime or a solver. */
export function areFormatsMissing(lines: readonly string[]): boolean {
  return lines.some(
    (line) => FORMATS_LEFT_OUT.test(line) && TROUBLES.some(({ pattern }) => pattern.test(line)),
  );
}
