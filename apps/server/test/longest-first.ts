import { readFileSync } from 'node:fs';
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

/** The one that the file names at its top, else ''. */
function environmentOf({ moduleId }: TestSpecification): string {
  return /@vitest-environment (\S+)/.exec(readFileSync(moduleId, 'utf8'))?.[1] ?? '';
}

/**
 * Long files first; a fresh clone knows no durations, and vitest takes large files for long ones. Of a project those of
 * one environment after another: a process that files share ends where the environment changes.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return sorted
      .map((file) => ({
        file,
        place: placeOf(file),
        project: projects.indexOf(file.project),
        environment: environmentOf(file),
      }))
      .toSorted(
        (one, other) =>
          one.place - other.place ||
          one.project - other.project ||
          one.environment.localeCompare(other.environment),
      )
      .map(({ file }) => file);
  }
}
