import { expect, it } from 'vitest';
import { runCases } from './python-cases.ts';

it('optional parts that never end are given up after a time, and the media is downloaded', async () => {
  const found = (await runCases('optional_parts_cases.py', null)) as {
    readonly warnings: string[];
  };
  expect(found).toMatchObject({ files: ['media.mp4'], status: 0 });
  expect(found.warnings).toEqual([
    expect.stringContaining("subtitles for 'en': not there within 1 s"),
    expect.stringContaining('Going on without a thumbnail: not there within 1 s'),
  ]);
}, 60_000);
