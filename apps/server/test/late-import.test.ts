import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const serverFolder = join(import.meta.dirname, '..');
const { outputText: lateImport } = transpileModule(
  readFileSync(join(serverFolder, 'src/late-import.ts'), 'utf8'),
  { compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2023 } },
);

/** In a plain process, as people run it: the hooks of a test runner look files up in another thread. */
it('a late import works after a pipe was the last file that Node checked', () => {
  const parent = mkdtempSync(join(tmpdir(), 'artemis-late-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const folder = join(parent, 'gone');
  const program = `
    ${lateImport}
    import 'fastify-plugin';
    import { mkdir, rm } from 'node:fs/promises';
    import { execFileSync } from 'node:child_process';
    await mkdir(${JSON.stringify(folder)});
    execFileSync('mkfifo', [${JSON.stringify(join(folder, 'pipe'))}]);
    await rm(${JSON.stringify(folder)}, { recursive: true });
    await lateImport(() => import('prom-client'));
    console.log('found');`;
  const options = {
    cwd: serverFolder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  } as const;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], options);
  expect(said).toBe('found\n');
});
