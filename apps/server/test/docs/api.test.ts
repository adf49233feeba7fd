import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { FAILURES, REQUEST_CODES, ROUTES, WARNINGS } from '@artemis/contracts';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createServerHome,
  type ServerHome,
  type ServerProcess,
} from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { parseCurl, wordsOf } from './curl.ts';
import { fencesOf, readText, repositoryDir, rowsOf, sectionOf, type Fence } from './markdown.ts';

const MINUTE = 60_000;
const serverDir = resolve(import.meta.dirname, '../..');
const page = await readText('docs/api.md');
const programs = [...fencesOf(page), ...fencesOf(await readText('README.md'))].filter(
  ({ info }) => info === 'ts run',
);

/** What stands for the server and for the web in the examples. */
const MEDIA = [
  ['https://media.example/clip.mp4', '/media/clip-360.mp4'],
  ['https://media.example/audio.m4a', '/media/audio.m4a'],
  ['https://media.example/missing.mp4', '/fault/status/404/clip.mp4'],
] as const;

let origin: Awaited<ReturnType<typeof startOrigin>>;
let home: ServerHome;
let server: ServerProcess;

beforeAll(async () => {
  origin = await startOrigin();
  home = await createServerHome();
  server = await home.start({ EGRESS_ALLOW: origin.hostPort });
}, MINUTE);

afterAll(async () => {
  await home.remove();
  await origin.close();
});

function withRealAddresses(text: string): string {
  let real = text.replaceAll('http://127.0.0.1:8500', server.baseUrl);
  for (const [documented, path] of MEDIA) real = real.replaceAll(documented, origin.url + path);
  return real;
}

describe('the tables of docs/api.md', () => {
  it('have every call of the API', () => {
    const calls = rowsOf(sectionOf(page, 'Calls')).map(([call]) => call);
    expect(calls.toSorted()).toEqual(
      Object.values(ROUTES)
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    );
  });

  it('have every code with its sentence', () => {
    const errors = rowsOf(sectionOf(page, 'Codes of errors'));
    expect(errors).toEqual(
      Object.entries(REQUEST_CODES).map(([code, { status, title }]) => [
        code,
        String(status),
        `${title}.`,
      ]),
    );
    const failures = rowsOf(sectionOf(page, 'Codes of failed downloads'));
    expect(failures).toEqual(
      Object.entries(FAILURES).map(([code, { isRetryable, message }]) => [
        code,
        isRetryable ? 'yes' : 'no',
        message,
      ]),
    );
    const warnings = rowsOf(sectionOf(page, 'Codes of warnings'));
    expect(warnings).toEqual(Object.entries(WARNINGS));
  });
});

describe('the curl examples of docs/api.md', () => {
  it(
    'get the answers shown below them',
    async () => {
      const variables = new Map<string, string>();
      let answer: unknown = null;
      let count = 0;
      for (const { info, text, line } of fencesOf(page)) {
        if (info === 'json of=answer') {
          expect(differences(JSON.parse(text), answer, `line ${line}`)).toEqual([]);
        }
        const expected = /^sh answers=(\d+)( when=completed)?$/.exec(info);
        if (!expected) continue;
        if (expected[2]) await server.client.waitFor(variables.get('ID') ?? '', { intervalMs: 50 });
        const { url, ...init } = parseCurl(wordsOf(withRealAddresses(text), variables));
        const response = await fetch(url, init);
        expect([`line ${line}`, response.status]).toEqual([`line ${line}`, Number(expected[1])]);
        const isJson = response.headers.get('content-type')?.includes('json') === true;
        answer = isJson ? await response.json() : await response.arrayBuffer();
        remember(answer, variables);
        count += 1;
      }
      expect(count).toBeGreaterThan(8);
    },
    MINUTE,
  );
});

it(
  'the TypeScript examples compile under strict',
  () => {
    expect(compile(programs.map(({ text }) => text))).toEqual([]);
  },
  MINUTE,
);

describe.each(programs.map((program, index) => [index, program] as const))(
  'TypeScript example %i',
  (_index, program) => {
    it('imports nothing but the contract and its client', () => {
      expect(importsOf(program)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^@artemis\/contracts(\/client)?$/)]),
      );
      expect(
        importsOf(program).filter((name) => !/^@artemis\/contracts(\/client)?$/.test(name)),
      ).toEqual([]);
    });

    it(
      'runs',
      async () => {
        const { stdout } = await runProgram(withRealAddresses(program.text));
        expect(stdout).toMatch(/fetched .*\d{5}/);
      },
      2 * MINUTE,
    );
  },
);

it('there is a TypeScript example in README.md and in docs/api.md', () => {
  expect(programs).toHaveLength(2);
});

function remember(answer: unknown, variables: Map<string, string>): void {
  if (typeof answer !== 'object' || answer === null) return;
  if ('duplicates' in answer && 'downloads' in answer && !variables.has('ID')) {
    const [first] = answer.downloads as { id: string }[];
    variables.set('ID', first?.id ?? '');
  }
  if ('download_url' in answer) variables.set('LINK', String(answer.download_url));
}

/**
 * Where a real answer is not of the form that the page shows: a field is missing or of another type. Problem codes
 * and statuses must be the same.
 */
function differences(shown: unknown, real: unknown, path: string): string[] {
  if (shown === null || real === null) return [];
  if (Array.isArray(shown)) {
    if (!Array.isArray(real)) return [`${path} is no list`];
    return shown.length === 0 ? [] : differences(shown[0], real[0], `${path}[0]`);
  }
  if (typeof shown === 'object') {
    if (typeof real !== 'object') return [`${path} is no object`];
    const fields = real as Record<string, unknown>;
    return Object.entries(shown).flatMap(([key, value]) =>
      key in fields
        ? differences(value, fields[key], `${path}.${key}`)
        : [`${path}.${key} is missing`],
    );
  }
  const isLiteral = /\.(code|status)$/.test(path) && !/downloads\[0\]/.test(path);
  if (isLiteral && shown !== real) return [`${path} is ${JSON.stringify(real)}`];
  return typeof shown === typeof real ? [] : [`${path} is a ${typeof real}`];
}

function importsOf({ text }: Fence): string[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
}

/** Messages of the compiler, with the options of this repository; each text is a module of its own. */
function compile(texts: readonly string[]): string[] {
  const base = ts.readConfigFile(resolve(repositoryDir, 'tsconfig.base.json'), (path) =>
    ts.sys.readFile(path),
  );
  const { options } = ts.parseJsonConfigFileContent(base.config, ts.sys, serverDir);
  const settings: ts.CompilerOptions = {
    ...options,
    composite: false,
    noEmit: true,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  };
  const files = new Map(texts.map((text, n) => [resolve(serverDir, `example-${n}.ts`), text]));
  const host = ts.createCompilerHost(settings);
  const { fileExists, getSourceFile } = host;
  // In memory, but where the contract is among the dependencies.
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = files.get(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language);
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([...files.keys()], settings, host))
    .map(
      ({ file, messageText }) =>
        `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}

/** In a folder of its own, as a project that has the contract among its dependencies. */
async function runProgram(text: string): Promise<{ stdout: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'artemis-example-'));
  try {
    await mkdir(join(folder, 'node_modules/@artemis'), { recursive: true });
    await symlink(
      join(repositoryDir, 'packages/contracts'),
      join(folder, 'node_modules/@artemis/contracts'),
    );
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'example.ts'), text);
    return await promisify(execFile)(
      process.execPath,
      ['--conditions=@artemis/source', '--import', 'tsx', join(folder, 'example.ts')],
      { cwd: serverDir },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
