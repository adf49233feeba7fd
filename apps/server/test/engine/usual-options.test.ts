import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { argvOf, type ArgvContext } from '../../src/worker/argv/argv.ts';
import { planOf } from '../../src/worker/plan/plan.ts';
import { NONCE_BYTES, usualArgvs } from '../../src/worker/argv/usual-argv.ts';
import { toolsUnderTest } from '../tools-under-test.ts';

const engineDir = resolve(import.meta.dirname, '../../engine');
const script = resolve(import.meta.dirname, 'usual_options_cases.py');

interface Answer {
  readonly was_prepared: boolean;
  readonly is_right: boolean;
  readonly is_right_again: boolean;
}

it('the default command line is parsed in advance, every other one by yt-dlp', async () => {
  const { ytDlp, jsRuntime } = await toolsUnderTest();
  if (ytDlp?.kind !== 'module' || ytDlp.pythonPath === null) {
    throw new Error('These tests need an importable yt-dlp.');
  }
  const engine = { ytDlpVersion: ytDlp.version, jsRuntime };
  const contextOf = (overrides: Partial<ArgvContext> = {}): ArgvContext => ({
    url: 'https://example.com/a',
    plan: planOf({ format_preset: 'Smart (best combined)', quality: 'best', options: {} }),
    nonce: randomBytes(NONCE_BYTES).toString('hex'),
    engine,
    isProxyForAll: false,
    isTlsVerifiedByFfmpeg: true,
    ...overrides,
  });
  const usual = argvOf(contextOf());
  const cases: Readonly<Record<string, { readonly argv: string[]; readonly isUsual: boolean }>> = {
    https: { argv: usual, isUsual: true },
    http: {
      argv: argvOf(contextOf({ url: 'http://example.com/', isTlsVerifiedByFfmpeg: false })),
      isUsual: true,
    },
    'another choice': {
      argv: argvOf(
        contextOf({
          plan: planOf({ format_preset: 'Smart (best combined)', quality: '720p', options: {} }),
        }),
      ),
      isUsual: false,
    },
    'a proxy for all': { argv: argvOf(contextOf({ isProxyForAll: true })), isUsual: false },
    'what is known already': { argv: argvOf(contextOf({ isInfoKnown: true })), isUsual: false },
    'a word that is not random': { argv: argvOf(contextOf({ nonce: 'letters' })), isUsual: false },
    'two random words': {
      argv: usual.map((word, index) =>
        index === usual.findLastIndex((one) => one.startsWith('after_move:'))
          ? word.replace(/[0-9a-f]{24}/, randomBytes(NONCE_BYTES).toString('hex'))
          : word,
      ),
      isUsual: false,
    },
    'two links': { argv: [...usual, 'https://example.com/b'], isUsual: false },
  };

  const child = spawn(ytDlp.pythonPath, ['-I', '-B', script, engineDir, ytDlp.modulePath ?? ''], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(
    JSON.stringify({
      usual: usualArgvs(engine),
      given: Object.values(cases).map(({ argv }) => argv),
    }),
  );
  const answers = JSON.parse(await text(child.stdout)) as Answer[];
  const names = Object.keys(cases);
  expect(Object.fromEntries(answers.map((answer, index) => [names[index], answer]))).toEqual(
    Object.fromEntries(
      Object.entries(cases).map(([name, { isUsual }]) => [
        name,
        { was_prepared: isUsual, is_right: true, is_right_again: true },
      ]),
    ),
  );
}, 60_000);
