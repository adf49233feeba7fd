import { afterEach } from 'vitest';
import { describeDownloadStore } from './download-store.conformance.ts';
import { embeddedUnderTest, type EmbeddedUnderTest } from './embedded-under-test.ts';

const opened: EmbeddedUnderTest[] = [];

async function setUp(): Promise<EmbeddedUnderTest> {
  const under = await embeddedUnderTest();
  opened.push(under);
  return under;
}

afterEach(async () => {
  for (const under of opened.splice(0)) await under.remove();
});

describeDownloadStore('embedded', setUp);
