import { expect, it } from 'vitest';
import type { Download, FailureCode } from '../src/index.ts';
import { isRecording, mayBeKeptIncomplete } from '../src/index.ts';

it.each<[boolean, Download['status'], Download['phase'], boolean]>([
  [true, 'running', 'downloading', true],
  [false, 'running', 'downloading', false],
  [false, 'running', 'extracting', true],
  [false, 'running', 'processing', true],
  [false, 'completed', null, true],
])('recognises a live recording (%s): %s, %s, live %s', (expected, status, phase, isLive) => {
  expect(isRecording({ status, phase, metadata: { is_live: isLive } })).toBe(expected);
});

it.each<[boolean, Download['status'], FailureCode | null]>([
  [true, 'failed', 'TRUNCATED'],
  [true, 'failed', 'FRAGMENTS_MISSING'],
  [false, 'failed', 'NETWORK'],
  [false, 'queued', 'TRUNCATED'],
  [false, 'cancelled', null],
])('allows to keep incomplete media (%s): %s, %s', (expected, status, code) => {
  const error = code === null ? null : { code, message: '', hint: '', retryable: true };
  expect(mayBeKeptIncomplete({ status, error })).toBe(expected);
});
