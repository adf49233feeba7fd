import { describe } from 'vitest';
import { describeChanges } from './changes.conformance.ts';
import { describeHistoryLimit } from './history-limit.conformance.ts';
import { describeReading } from './reading.conformance.ts';
import type { SetUp } from './store-under-test.ts';
import { describeSubmissions } from './submissions.conformance.ts';

/** What every store of downloads promises. */
export function describeDownloadStore(name: string, setUp: SetUp): void {
  describe(`download store: ${name}`, () => {
    describeSubmissions(setUp);
    describeChanges(setUp);
    describeHistoryLimit(setUp);
    describeReading(setUp);
  });
}
