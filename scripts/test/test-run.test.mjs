import { expect, test } from 'vitest';
import { counted } from '../test-run.mjs';

const passed = { status: 'passed' };
const failed = { status: 'failed' };

test('counts the tests as vitest reports them', () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 1,
    testResults: [{ status: 'failed', assertionResults: [passed, failed] }],
  };
  expect(counted(report, 1)).toEqual({ passed: 3, failed: 1 });
});

test('counts a file that could not be loaded as a failure', () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 0,
    testResults: [{ status: 'failed', assertionResults: [] }],
  };
  expect(counted(report, 1)).toEqual({ passed: 3, failed: 1 });
});

test('never reports success for a run that ended with an error', () => {
  expect(counted({ numPassedTests: 3, numFailedTests: 0, testResults: [] }, 1).failed).toBe(1);
  expect(counted({}, null)).toEqual({ passed: 0, failed: 1 });
});
