import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { usualArgvs } from '../../src/worker/argv/usual-argv.ts';
import { toolsUnderTest } from '../tools-under-test.ts';

const engineDir = resolve(import.meta.dirname, '../../engine');
const script = resolve(import.meta.dirname, 'hot_pages_cases.py');

it.runIf(process.platform === 'linux')(
  'the pages that a usual process writes to are known and copied in advance',
  async () => {
    const { ytDlp, jsRuntime } = await toolsUnderTest();
    if (ytDlp?.kind !== 'module' || ytDlp.pythonPath === null) {
      throw new Error('These tests need an importable yt-dlp.');
    }
    const settings = {
      socket: '/nowhere',
      tier: 'warm',
      engine: { kind: 'module', path: ytDlp.modulePath },
      parent_pid: process.pid,
      usual_argvs: usualArgvs({ ytDlpVersion: ytDlp.version, jsRuntime }),
    };
    const { stdout } = await promisify(execFile)(
      ytDlp.pythonPath,
      ['-I', '-B', script, engineDir, JSON.stringify(settings)],
      { timeout: 60_000 },
    );
    const { learnt_pages: learntPages, ...found } = JSON.parse(stdout) as Record<string, unknown>;
    expect(found).toEqual({
      untouched: [],
      written: [3, 2, 9, 1],
      copied: [3, 2, 9, 1],
      copied_what_is_left: [3, 2, 9, 1],
      is_content_kept: true,
      are_learnt_writable: true,
      has_no_usual: [],
    });
    // Each object that a job looks at is written to, too: it is a part of the host, and far from all of it.
    expect(learntPages).toBeGreaterThan(500);
    expect(learntPages).toBeLessThan(10_000);
  },
);
