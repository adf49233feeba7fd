import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createVerdict, times, type Scenario } from './scenario.ts';

const serverDir = resolve(import.meta.dirname, '../..');

/** The properties of the suite, at length: they are scaled by the environment. */
export const fuzz: Scenario = {
  name: 'fuzz',
  about: 'requests from the OpenAPI document, commands against a model, argv, damaged histories',
  seconds: 1800,
  async run(context) {
    const scaled = {
      ARTEMIS_FUZZ_REQUESTS: [times(context, 50_000), 'test/security/fuzz.test.ts'],
      ARTEMIS_MODEL_COMMANDS: [times(context, 2000), 'test/domain/model.test.ts'],
      ARTEMIS_ARGV_REQUESTS: [times(context, 100_000), 'test/worker/argv/argv.test.ts'],
      ARTEMIS_HISTORY_MUTATIONS: [times(context, 1000), 'test/adapters/history.json-file.test.ts'],
    } as const;
    const verdicts = [];
    for (const [variable, [count, file]] of Object.entries(scaled)) {
      const verdict = createVerdict(`${file} holds for ${count}`);
      const startedMs = performance.now();
      const { code, output } = await vitest(file, {
        [variable]: String(count),
        ARTEMIS_MODEL_RUNS: '10',
        ARTEMIS_FUZZ_SEED: String(Math.floor(context.random() * 2 ** 31)),
      });
      context.say(`${file}: ${count} in ${Math.round((performance.now() - startedMs) / 1000)} s`);
      verdict.check(code === 0, output.slice(-3000));
      verdicts.push({ ...verdict.read(), checked: count });
    }
    return verdicts;
  },
};

function vitest(file: string, environment: Record<string, string>) {
  return new Promise<{ code: number | null; output: string }>((done) => {
    const program = resolve(serverDir, '../../node_modules/vitest/vitest.mjs');
    const child = spawn(
      process.execPath,
      [program, 'run', '--project', 'server', file, '--testTimeout=900000'],
      { cwd: resolve(serverDir, '../..'), env: { ...process.env, ...environment, NO_COLOR: '1' } },
    );
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (output += text.toString()));
    child.on('close', (code) => done({ code, output }));
  });
}
