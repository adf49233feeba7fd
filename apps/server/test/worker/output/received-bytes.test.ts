import { describe, expect, it } from 'vitest';
import { createReceivedBytes } from '../../../src/worker/output/received-bytes.ts';
import type { EngineControl } from '../../../src/worker/engine/engine-control.ts';
import type { StreamProgress, VideoInfo } from '../../../src/worker/output/output-lines.ts';

type Response = Extract<EngineControl, { kind: 'response' }>;

function answer(fields: Partial<Response>): Response {
  const nothing = { host: null, retryAfter: null, etag: null, lastModified: null };
  return {
    ...{ kind: 'response', status: 200, contentLength: null, contentRange: null },
    ...{ ...nothing, isOptional: false, ...fields },
  };
}

function finished(downloadedBytes: number, fragmentCount: number | null = null): StreamProgress {
  const unknown = { totalBytes: null, estimatedBytes: null, fragmentIndex: null };
  return { formatId: '1', isFinished: true, downloadedBytes, fragmentCount, ...unknown };
}

function videoBy(protocol: string): VideoInfo {
  const format = { sizeBytes: null, isSizeExact: false, bitrate: null, hasVideo: true };
  const formats = [{ ...format, formatId: '1', protocol }];
  return { fields: {}, formats, durationSeconds: null, isLive: false, sponsorSeconds: 0 };
}

function problemOf(
  answers: readonly Response[],
  progress: StreamProgress,
  protocol = 'https',
): string | null {
  const received = createReceivedBytes();
  for (const each of answers) received.takeResponse(each);
  received.takeProgress(progress, videoBy(protocol));
  return received.problem();
}

const part = answer({ status: 206, contentLength: '10', contentRange: 'bytes 50-59/100' });

describe('the received bytes of a plain file', () => {
  it('are compared with the length of the whole file, whatever a range has', () => {
    expect(problemOf([part], finished(60))).toContain('100 bytes; 60 came');
    expect(problemOf([part], finished(100))).toBeNull();
    expect(problemOf([answer({ contentLength: '100' })], finished(99))).toContain('99 came');
  });

  it('are not judged by an answer without length or for something else', () => {
    const page = answer({ contentLength: '7' });
    expect(problemOf([page, answer({})], finished(60))).toBeNull();
    expect(
      problemOf([answer({ contentLength: '60' }), answer({ isOptional: true })], finished(60)),
    ).toBeNull();
    const star = answer({ status: 206, contentLength: '10', contentRange: 'bytes 50-59/*' });
    expect(problemOf([star], finished(60))).toBeNull();
    expect(problemOf(new Array<Response>(64).fill(page), finished(60))).toBeNull();
  });

  it('exclude fragments and the stream before', () => {
    expect(problemOf([part], finished(60, 4))).toBeNull();
    expect(problemOf([part], finished(60), 'm3u8_native')).toBeNull();
    const received = createReceivedBytes();
    received.takeResponse(part);
    received.takeProgress(finished(100), videoBy('https'));
    received.takeProgress(finished(60), videoBy('https'));
    expect(received.problem()).toBeNull();
    expect(received.areComplete()).toBe(false);
  });
});
