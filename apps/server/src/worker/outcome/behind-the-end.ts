import { failedOutcome } from '../run/attempt.ts';
import type { Jobs } from '../engine/jobs.ts';
import { clock } from '../output/clock-words.ts';
import type { Outcome } from '../../domain/attempt.ts';
import type { SectionPlan } from '../plan/plan.ts';

/** A message of `engine/clips.py`; it has the length when the list of segments states it. */
const SAID = /Nothing of the media lies in this section(?:, it is ([\d.]+) s long)?/;

/** The failure of a section that begins after the end of the media. `lengthSeconds`: of the whole media; null: unknown. */
export function behindTheEnd(
  jobs: Jobs,
  { startSeconds, endSeconds }: SectionPlan,
  lengthSeconds: number | null,
): Outcome {
  const asked = `${clock(startSeconds)}–${clock(endSeconds)}`;
  const length = lengthSeconds === null ? null : clock(lengthSeconds);
  const known = length === null ? '' : `, and the media is ${length} long`;
  const detail = `The section lies beyond the end of the media: ${asked} was asked for${known}.`;
  const figures = length === null ? asked : `${asked} / ${length}`;
  return { ...failedOutcome(jobs, 'FORMAT_UNAVAILABLE', detail), figures };
}

/** Whether the engine has printed this message, and the length in it, if any. */
export function saidBehindTheEnd(
  lines: readonly string[],
): { readonly seconds: number | null } | null {
  for (const line of lines) {
    const match = SAID.exec(line);
    if (match) return { seconds: match[1] === undefined ? null : Number(match[1]) };
  }
  return null;
}
