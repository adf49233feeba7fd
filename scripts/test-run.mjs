import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryDir, run, say } from './steps.mjs';

/** @typedef {{ name: string, script: string, args: string[], cwd?: string }} Check */

/** @type {readonly Check[]} */
const checks = [
  { name: 'eslint', script: 'node_modules/eslint/bin/eslint.js', args: ['.', '--max-warnings=0'] },
  {
    name: 'prettier',
    script: 'node_modules/prettier/bin/prettier.cjs',
    args: ['--check', '--log-level=warn', '.'],
  },
  { name: 'types', script: 'node_modules/typescript/bin/tsc', args: ['-b'] },
  {
    name: 'svelte-check',
    script: 'node_modules/svelte-check/bin/svelte-check',
    args: ['--tsconfig', './tsconfig.json', '--output', 'human'],
    cwd: 'apps/web',
  },
];

/**
 * Runs every check and every test, also after a failure. The last line on stdout is `N passed, N failed`;
 * a check that fails (lint, format, types) counts as one failure. The exit code is 1 when anything failed.
 */
export async function runTests() {
  const failedChecks = [];
  for (const check of checks) {
    if (!(await passes(check))) failedChecks.push(check.name);
  }
  const tests = await runVitest();
  if (failedChecks.length > 0) say(`These checks failed: ${failedChecks.join(', ')}.`);
  const failed = tests.failed + failedChecks.length;
  if (failed > 0) process.exitCode = 1;
  process.stdout.write(`${tests.passed} passed, ${failed} failed\n`);
}

/** @param {Check} check */
async function passes({ name, script, args, cwd = '.' }) {
  const startedMs = performance.now();
  const { exitCode, output } = await run(process.execPath, [script, ...args], {
    cwd: join(repositoryDir, cwd),
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`${name}: ${exitCode === 0 ? 'passed' : 'failed'} (${seconds} s)`);
  if (exitCode !== 0) process.stdout.write(output);
  return exitCode === 0;
}

async function runVitest() {
  const folder = await mkdtemp(join(tmpdir(), 'artemis-tests-'));
  const report = join(folder, 'report.json');
  try {
    const { exitCode } = await run(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
      ],
      { isShown: true },
    );
    return counted(JSON.parse(await readFile(report, 'utf8').catch(() => '{}')), exitCode);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {{ numPassedTests?: number, numFailedTests?: number, testResults?: { status: string, assertionResults: { status: string }[] }[] }} report
 * @param {number | null} exitCode
 */
export function counted({ numPassedTests = 0, numFailedTests = 0, testResults = [] }, exitCode) {
  // A file that could not even be loaded has no failed test of its own.
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  const failed = numFailedTests + broken.length;
  // An error outside of any test, or vitest itself.
  return { passed: numPassedTests, failed: exitCode === 0 ? failed : Math.max(1, failed) };
}
