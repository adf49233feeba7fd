// @vitest-environment node
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SERVICE_WORKER } from '../shell-plugin.ts';
import { LANGUAGES } from '../src/text/languages.ts';

const KB = 1000;
const root = fileURLToPath(new URL('..', import.meta.url));
const mode = process.env['NODE_ENV'];
let output: Rollup.RollupOutput['output'];

beforeAll(async () => {
  // Else Svelte is bundled with its checks for development.
  process.env['NODE_ENV'] = 'production';
  const built = await build({ root, logLevel: 'silent', build: { write: false } });
  output = (built as Rollup.RollupOutput).output;
}, 120_000);
afterAll(() => {
  process.env['NODE_ENV'] = mode;
});

function size(code: string | Uint8Array): number {
  return gzipSync(code, { level: 9 }).length;
}

function firstRoute(): Rollup.OutputChunk[] {
  const chunks = output.filter((file) => file.type === 'chunk');
  const found = new Set(
    chunks.filter((chunk) => chunk.isEntry && chunk.fileName !== SERVICE_WORKER),
  );
  for (const chunk of found) {
    for (const name of chunk.imports) {
      const next = chunks.find((one) => one.fileName === name);
      if (next) found.add(next);
    }
  }
  return [...found];
}

/** What of a language comes before the page is usable. */
function firstWordsOf(tag: string): Rollup.OutputChunk {
  const found = output
    .filter((file) => file.type === 'chunk')
    .find((chunk) => chunk.facadeModuleId?.endsWith(`/${tag}.json?first`));
  if (!found) throw new Error(`the words of ${tag} were not built`);
  return found;
}

describe('the built page', () => {
  it.each(LANGUAGES)('has at most 55 KB of JavaScript on the first route in $tag', ({ tag }) => {
    const files = [...firstRoute(), firstWordsOf(tag)];
    const total = files.reduce((sum, chunk) => sum + size(chunk.code), 0);
    expect(total).toBeLessThanOrEqual(55 * KB);
    // Nobody fetches the words of two languages.
    const modules = files.flatMap(({ moduleIds }) => moduleIds);
    expect(modules.filter((id) => id.includes('.json')).length).toBe(1);
  });

  it('has at most 14 KB of CSS in all', () => {
    const sheets = output.filter((file) => file.type === 'asset' && file.fileName.endsWith('.css'));
    const total = sheets.reduce(
      (sum, file) => sum + (file.type === 'asset' ? size(file.source) : 0),
      0,
    );
    expect(sheets.length).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(14 * KB);
  });

  it('requests at most six files until it is usable, and no font', () => {
    const page = output.find((file) => file.fileName === 'index.html');
    const html = page?.type === 'asset' ? String(page.source) : '';
    const named = [...html.matchAll(/<(?:script|link)\b[^>]*>/g)].flatMap(([tag]) =>
      /rel="(?:icon|manifest)"/.test(tag)
        ? []
        : (/(?:src|href)="\.\/([^"]+)"/.exec(tag)?.[1] ?? []),
    );
    const first = [...firstRoute(), firstWordsOf('en')];
    const files = new Set([...named, ...first.map((chunk) => chunk.fileName)]);
    expect([...files]).toContain('theme.js');
    expect(files.size + 1, [...files].join(', ')).toBeLessThanOrEqual(6);
    expect(output.filter((file) => /\.(woff2?|ttf|otf)$/.test(file.fileName))).toEqual([]);
    const styles = output.map((file) => (file.type === 'asset' ? String(file.source) : ''));
    expect(styles.filter((style) => style.includes('@font-face'))).toEqual([]);
  });

  it('has later parts of at most 20 KB each and 152 KB in all for one language', () => {
    const chunks = output.filter((file) => file.type === 'chunk');
    const first = new Set(firstRoute());
    for (const chunk of chunks) {
      if (!first.has(chunk)) expect(size(chunk.code), chunk.fileName).toBeLessThanOrEqual(20 * KB);
    }
    // Nobody fetches the words of two languages.
    const others = /src\/text\/(?!en\.)[\w-]+\.json\?/;
    const total = chunks
      .filter((chunk) => !chunk.moduleIds.every((id) => others.test(id)))
      .reduce((sum, chunk) => sum + size(chunk.code), 0);
    expect(total).toBeLessThanOrEqual(152 * KB);
    expect(total).toBeGreaterThan(100 * KB);
  });

  it('is cached completely for times without a server', () => {
    const worker = output.find((file) => file.fileName === SERVICE_WORKER);
    const code = worker?.type === 'chunk' ? worker.code : '';
    const assets = output.map(({ fileName }) => fileName).filter((name) => /^assets\//.test(name));
    expect(assets.filter((name) => !code.includes(`"${name}"`))).toEqual([]);
    expect(code).toContain('"theme.js"');
    expect(code).not.toContain('ARTEMIS_SHELL');
  });

  it('contains no schema library', () => {
    const modules = output.flatMap((file) =>
      file.type === 'chunk' ? Object.keys(file.modules) : [],
    );
    expect(modules.some((name) => name.includes('svelte'))).toBe(true);
    expect(modules.filter((name) => /typebox|ajv/i.test(name))).toEqual([]);
  });

  it('has no inline script or style and contacts nobody else', () => {
    const page = output.find((file) => file.fileName === 'index.html');
    const html = page?.type === 'asset' ? String(page.source) : '';
    expect(html).toContain('theme.js');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=/);
    expect(html).not.toMatch(/(?:src|href)="https?:/);
    expect(size(html)).toBeLessThanOrEqual(4 * KB);
  });
});
