import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take half a minute and more, the longest first. Begun last, one of them would run alone in the end. */
const LONG = [
  'test/torture/short.test.ts',
  'test/torture/kills.test.ts',
  'test/worker/resuming.test.ts',
  'test/worker/whole-files.test.ts',
  'test/worker/live.test.ts',
  'test/integration/clock.test.ts',
  'test/integration/engines.test.ts',
  'test/integration/stops.test.ts',
  'test/integration/owner.test.ts',
  'test/integration/fragments.test.ts',
  'test/integration/main-job.test.ts',
  'test/engine/ownership.test.ts',
  'test/browser/accessibility.test.ts',
  'test/browser/downloads.test.ts',
];

/** Its place in the list; behind all of them when it is not there. */
function placeOf({ moduleId }: TestSpecification): number {
  const place = LONG.findIndex((name) => moduleId.endsWith(name));
  return place === -1 ? LONG.length : place;
}

/** Long files first; a fresh clone knows no durations, and vitest takes large files for long ones. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}
