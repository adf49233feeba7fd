import { expect, it } from 'vitest';
import { codeOf, DISK_FULL_WORDS, isDiskFull } from '../src/error-code.ts';

it.each([
  [Object.assign(new Error('x'), { code: 'ENOENT' }), 'ENOENT'],
  [Object.assign(new Error('x'), { code: 5 }), null],
  [new Error('ENOENT'), null],
  [null, null],
  ['ENOENT', null],
])('the code of %s is %s', (error, code) => {
  expect(codeOf(error)).toBe(code);
});

it('a disk without space and a quota that is used up are both a full disk', () => {
  const failed = (code: string) => Object.assign(new Error('write'), { code });
  expect(['ENOSPC', 'EDQUOT', 'EIO', 'EACCES'].map((code) => isDiskFull(failed(code)))).toEqual([
    ...[true, true, false, false],
  ]);
});

it.each([
  ['OSError: [Errno 28] No space left on device', true],
  ["[Errno 122] Disk quota exceeded: 'media.mp4'", true],
  ['av_interleaved_write_frame(): No space left on device', true],
  ['[Errno 5] Input/output error', false],
  ['[Errno 281] of a site', false],
])('says the same of what a tool prints: %s', (line, isFull) => {
  expect(DISK_FULL_WORDS.test(line)).toBe(isFull);
});
