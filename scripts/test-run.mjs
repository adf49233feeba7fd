import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryDir, run, say } from './steps.mjs';
import { buildServerBy } from './workspace.mjs';

/** @typedef {{ name: string, script: string, args: string[], cwd?: string }} Check */

/** @type {Check} */
const types = { name: 'types', script: 'node_modules/@typescript/native/bin/tsc', args: ['-b'] };

/** @type {readonly Check[]} */
const linters = [
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

/** @typedef {{ name: string, projects: readonly string[] }} Group */

const unit = { name: 'unit', projects: ['contracts', 'scripts', 'unit', 'web'] };
/** These mostly wait for processes that they start, for example the built server. */
const withProcesses = [
  { name: 'engine', projects: ['engine'] },
  { name: 'browser', projects: ['browser'] },
];

/** What only computes gets what the tests with processes leave of the processors: some of these fail when they wait for too long. */
const NICENESS_BESIDE_PROCESSES = 5;

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

/** Checks the types and builds the server: the same work. Resolves to the names of what failed. */
export async function checkTypes() {
  return (await buildServerBy(() => passes(types))) ? [] : [types.name];
}

/**
 * Runs the linters, one after another, and then the tests that start nothing: at a lower priority, so that they fill the
 * time in which the tests with processes leave a processor idle. Shows the report of the tests when they have ended.
 */
export async function lintAndTestUnits() {
  const failedChecks = [];
  // svelte-check (4.7.8) keeps there what it has made of components, and checks those that are gone as well.
  await rm(join(repositoryDir, 'apps/web/.svelte-check'), { recursive: true, force: true });
  for (const linter of linters) {
    if (!(await passes(linter, NICENESS_BESIDE_PROCESSES))) failedChecks.push(linter.name);
  }
  const result = await runGroup(unit, { isShown: false, niceness: NICENESS_BESIDE_PROCESSES });
  return { failedChecks, results: [result] };
}

/**
 * Runs the tests that start processes, one group after another, and shows vitest's reports as they come.
 * @param {{ isBuilt: boolean }} options `isBuilt`: they may start the built server
 */
export async function testWithProcesses({ isBuilt }) {
  const results = [];
  for (const group of withProcesses) {
    results.push(await runGroup(group, { isShown: true, isBuilt }));
  }
  return results;
}

/** Prints how long each group took, and adds all up. @param {Awaited<ReturnType<typeof runGroup>>[]} results */
export function total(results) {
  const tests = { passed: 0, failed: 0 };
  for (const { name, seconds, passed, failed } of results) {
    say(`${name}: ${passed} passed, ${failed} failed (${seconds.toFixed(1)} s)`);
    tests.passed += passed;
    tests.failed += failed;
  }
  return tests;
}

/**
 * Runs the tests of these projects. vitest's report is shown as it comes, or at the end.
 * @param {Group} group @param {{ isShown: boolean, isBuilt?: boolean, niceness?: number }} options
 */
async function runGroup({ name, projects }, { isShown, isBuilt = false, niceness }) {
  const startedMs = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'artemis-tests-'));
  const report = join(folder, 'report.json');
  try {
    const { exitCode, output } = await run(
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
        isShown,
        niceness,
        env: { ...process.env, ARTEMIS_TEST_BUILT: String(isBuilt) },
      },
    );
    if (!isShown) process.stdout.write(output);
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
