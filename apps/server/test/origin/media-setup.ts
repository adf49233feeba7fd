import { ensureMedia } from './media.ts';

/** Once, before the workers of a project start. Without ffmpeg, the tests that need media say so. */
export default async function setUp(): Promise<void> {
  await ensureMedia().catch(() => undefined);
}
