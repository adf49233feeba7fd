import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const scriptsDir = resolve(import.meta.dirname, '..');

/** A set-up with one step that never ends by itself, and says its process id. */
const ENDLESS = `
  import { endSetUpOnSignals } from './stop-signals.mjs';
  import { mustRun, step } from './steps.mjs';
  endSetUpOnSignals();
  const endless = 'console.log(process.pid); setInterval(() => undefined, 1000)';
  await step('Working', () =>
    mustRun(process.execPath, ['-e', endless], 'It failed.', { isShown: true }),
  );
`;

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
  'a set-up that gets %s twice ends its programs, says so, and exits with 0',
  async (signal) => {
    const setUp = spawn(process.execPath, ['--input-type=module', '-e', ENDLESS], {
      cwd: scriptsDir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    setUp.stderr.setEncoding('utf8').on('data', (text) => (words += text));
    const pid = await new Promise((done) => {
      setUp.stdout.setEncoding('utf8').once('data', (text) => done(Number(text)));
    });
    const code = await new Promise((done) => {
      setUp.once('close', done);
      setUp.kill(/** @type {NodeJS.Signals} */ (signal));
      setUp.kill(/** @type {NodeJS.Signals} */ (signal));
    });
    expect(code).toBe(0);
    expect(words).toContain('Stopped before Artemis was ready.');
    expect(words).not.toContain('It failed.');
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  },
);
