import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that wait for half a minute and more. Begun last, one of them would run alone in the end. */
const LONG = [
  'test/torture/short.test.ts',
  'test/torture/kills.test.ts',
  'test/worker/resuming.test.ts',
  'test/worker/live.test.ts',
  'test/integration/clock.test.ts',
  'test/integration/stops.test.ts',
  'test/integration/owner.test.ts',
  'test/integration/main-job.test.ts',
  'test/engine/ownership.test.ts',
];

const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => moduleId.endsWith(name));

/** Long files first; a fresh clone knows no durations, and vitest takes large files for long ones. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
