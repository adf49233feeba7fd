import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { toolsUnderTest } from '../tools-under-test.ts';

const engineDir = resolve(import.meta.dirname, '../../engine');
const script = resolve(import.meta.dirname, 'versions_cases.py');

it('a tool that is killed while a host asks for its version is not missing to the jobs of that host', async () => {
  const { ytDlp } = await toolsUnderTest();
  if (ytDlp?.kind !== 'module' || ytDlp.pythonPath === null) {
    throw new Error('These tests need an importable yt-dlp.');
  }
  const folder = await mkdtemp(join(tmpdir(), 'versions-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [ffmpeg, asked] = [join(folder, 'ffmpeg'), join(folder, 'asked')];
  await writeFile(
    ffmpeg,
    `#!/bin/sh\necho asked >> ${asked}\n[ $(wc -l < ${asked}) = 1 ] && kill -9 $$\necho 'ffmpeg version 7.1'\n`,
  );
  await chmod(ffmpeg, 0o755);
  const { stdout } = await promisify(execFile)(
    ytDlp.pythonPath,
    ['-I', '-B', script, engineDir, ytDlp.modulePath ?? '', ffmpeg],
    { timeout: 60_000 },
  );
  expect(JSON.parse(stdout)).toEqual({ after_a_kill: true, then: true });
  // The answer is kept once there is one.
  expect((await readFile(asked, 'utf8')).trim().split('\n')).toHaveLength(2);
});
