import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryDir, run, say } from './steps.mjs';

/** @typedef {{ name: string, script: string, args: string[], cwd?: string }} Check */

/** @type {Check} */
const types = { name: 'types', script: 'node_modules/@typescript/native/bin/tsc', args: ['-b'] };

/** @type {readonly Check[]} */
const others = [
  { name: 'oxlint', script: 'node_modules/oxlint/bin/oxlint', args: [] },
  { name: 'eslint', script: 'node_modules/eslint/bin/eslint.js', args: ['.', '--max-warnings=0'] },
  { name: 'oxfmt', script: 'node_modules/oxfmt/bin/oxfmt', args: ['--check'] },
  {
    name: 'svelte-check',
    script: 'node_modules/svelte-check/bin/svelte-check',
    args: ['--tsconfig', './tsconfig.json', '--output', 'human', '--tsgo'],
    cwd: 'apps/web',
  },
];

/** The checks get what the tests leave of the processors: tests mostly wait, and some fail when they wait for too long. */
const NICENESS_BESIDE_TESTS = 5;

/**
 * Prints the last line and sets the exit code. Each failed step besides the tests counts as one failure.
 * @param {{ passed: number, failed: number }} tests @param {readonly string[]} failedSteps
 */
export function summarize(tests, failedSteps) {
  if (failedSteps.length > 0) say(`Besides the tests, these failed: ${failedSteps.join(', ')}.`);
  const failed = tests.failed + failedSteps.length;
  if (failed > 0) process.exitCode = 1;
  process.stdout.write(`${tests.passed} passed, ${failed} failed\n`);
}

/** @param {Check} check @param {number} [niceness] */
async function passes({ name, script, args, cwd = '.' }, niceness) {
  const startedMs = performance.now();
  const { exitCode, output } = await run(process.execPath, [script, ...args], {
    cwd: join(repositoryDir, cwd),
    niceness,
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`${name}: ${exitCode === 0 ? 'passed' : 'failed'} (${seconds} s)`);
  if (exitCode !== 0) process.stdout.write(output);
  return exitCode === 0;
}

const unit = { name: 'unit', projects: ['contracts', 'scripts', 'unit', 'web'] };
/** These mostly wait for processes that they start, for example the built server. */
const withProcesses = [
  { name: 'engine', projects: ['engine'] },
  { name: 'browser', projects: ['browser'] },
];

/**
 * Runs all checks and tests: one group of tests after another, beside the checks. Prints how long each took.
 * @param {{ isBuilt: boolean }} options `isBuilt`: the tests may start the built server
 */
export async function runChecksAndTests({ isBuilt }) {
  const checked = Promise.all(others.map((check) => passes(check, NICENESS_BESIDE_TESTS)));
  // The type check is a build: no server may start from its files while it writes them.
  const [areTypesFine, first] = await Promise.all([passes(types), runGroup(unit, isBuilt)]);
  const results = [first];
  for (const group of withProcesses) results.push(await runGroup(group, isBuilt));
  const passed = [areTypesFine, ...(await checked)];
  const failedChecks = [types, ...others].flatMap(({ name }, index) =>
    passed[index] ? [] : [name],
  );
  for (const { name, seconds, passed, failed } of results) {
    say(`${name}: ${passed} passed, ${failed} failed (${seconds.toFixed(1)} s)`);
  }
  const sum = (/** @type {'passed' | 'failed'} */ key) =>
    results.reduce((total, result) => total + result[key], 0);
  return { failedChecks, tests: { passed: sum('passed'), failed: sum('failed') } };
}

/**
 * Runs the tests of these projects and shows vitest's report as it comes.
 * @param {{ name: string, projects: readonly string[] }} group @param {boolean} isBuilt
 */
async function runGroup({ name, projects }, isBuilt) {
  const startedMs = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'artemis-tests-'));
  const report = join(folder, 'report.json');
  try {
    const { exitCode } = await run(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        ...projects.map((project) => `--project=${project}`),
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
      ],
      {
        isShown: true,
        env: { ...process.env, ARTEMIS_TEST_BUILT: String(isBuilt) },
      },
    );
    return {
      name,
      seconds: (performance.now() - startedMs) / 1000,
      ...counted(JSON.parse(await readFile(report, 'utf8').catch(() => '{}')), exitCode),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {{ numPassedTests?: number, numFailedTests?: number, testResults?: { status: string, assertionResults: { status: string }[] }[] }} report
 * @param {number | null} exitCode
 */
export function counted({ numPassedTests = 0, numFailedTests = 0, testResults = [] }, exitCode) {
  // A file that could not be loaded has no failed test, so it counts as one.
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  const failed = numFailedTests + broken.length;
  // A non-zero exit without a failed test is an error outside any test, or of vitest itself.
  return { passed: numPassedTests, failed: exitCode === 0 ? failed : Math.max(1, failed) };
}
