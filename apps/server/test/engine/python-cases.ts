import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { toolsUnderTest } from '../tools-under-test.ts';

/** What a script beside this file prints as JSON. It gets the engine's folder and one argument more; `input` is its stdin. */
export async function runCases(
  script: string,
  argument: string | null,
  input = '',
): Promise<unknown> {
  const { ytDlp } = await toolsUnderTest();
  if (ytDlp?.kind !== 'module' || ytDlp.pythonPath === null) {
    throw new Error('These tests need an importable yt-dlp.');
  }
  const { pythonPath, modulePath } = ytDlp;
  const words = [
    '-B',
    resolve(import.meta.dirname, script),
    resolve(import.meta.dirname, '../../engine'),
  ];
  const running = promisify(execFile)(pythonPath, [...words, argument ?? modulePath ?? '']);
  running.child.stdin?.end(input);
  return JSON.parse((await running).stdout);
}
