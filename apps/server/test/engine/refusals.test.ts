import type { FailureCode } from '@artemis/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseControlLine, type RaisedError } from '../../src/worker/engine/engine-control.ts';
import { classifyFailure } from '../../src/worker/failure/failure.ts';
import { runCases } from './python-cases.ts';

/** Of all plain answers, at most this share may have no better code than that the site has refused. */
const MOST_WITHOUT_BETTER_CODE = 0.15;
/** A text with holes is often nothing but "the site said", and what it said is not known here. */
const MOST_WITH_HOLES = 0.4;

interface Answer {
  readonly kind: string;
  readonly is_literal: boolean;
  readonly text: string;
  readonly line: string;
  readonly fields: unknown;
}

function codeOf({ line, fields }: Answer, isStandalone: boolean): FailureCode {
  const control = parseControlLine(`\x1en ${JSON.stringify(fields)}`, 'n') as RaisedError;
  const exit = { status: 1, signal: null, cpuSeconds: 1, peakMemoryBytes: 1, isHostLost: false };
  return classifyFailure(
    {
      exit,
      lines: line.split('\n'),
      refusals: [],
      responses: [],
      errors: isStandalone ? [] : [control],
    },
    0,
  ).code;
}

describe('expected errors in the extractors of the installed yt-dlp', () => {
  let answers: readonly Answer[] = [];
  beforeAll(async () => {
    answers = (await runCases('refusals_cases.py', null)) as Answer[];
  }, 60_000);

  function shareOf(code: FailureCode, among: readonly Answer[], isStandalone = false): number {
    const having = among.filter((answer) => codeOf(answer, isStandalone) === code);
    return having.length / among.length;
  }

  it('are all found', () => {
    expect(answers.filter(({ is_literal }) => is_literal).length).toBeGreaterThan(250);
  });

  it('are never UNKNOWN, and seldom with a standalone yt-dlp', () => {
    expect(shareOf('UNKNOWN', answers)).toBe(0);
    expect(shareOf('UNKNOWN', answers, true)).toBeLessThan(0.05);
  });

  it('mostly get a better code than SITE_REFUSED', () => {
    const literal = answers.filter(({ is_literal }) => is_literal);
    expect(shareOf('SITE_REFUSED', literal)).toBeLessThan(MOST_WITHOUT_BETTER_CODE);
    expect(shareOf('SITE_REFUSED', answers)).toBeLessThan(MOST_WITH_HOLES);
  });

  it('get the same code from the exception as from its words', () => {
    const differing = answers.filter((answer) => codeOf(answer, false) !== codeOf(answer, true));
    expect(differing.length / answers.length).toBeLessThan(0.05);
  });
});
