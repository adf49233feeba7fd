import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const server = resolve(import.meta.dirname, '../..');
let root: string;

/** A checkout of its own, so that no test writes a `.env` into the real one. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'artemis-start-'));
  const copy = join(root, 'apps/server');
  for (const name of ['src', 'engine', 'package.json', 'tried-yt-dlp.json']) {
    await cp(join(server, name), join(copy, name), { recursive: true });
  }
  await symlink(join(server, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function start(dotEnv: string, environment: Record<string, string>) {
  await writeFile(join(root, '.env'), dotEnv);
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const args = [
    '--conditions=@artemis/source',
    '--import',
    tsx,
    join(root, 'apps/server/src/main.ts'),
  ];
  return new Promise<{ code: number; stderr: string }>((done) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', ...environment } };
    const child = execFile(process.execPath, args, options, (_error, _stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

describe('a start with a bad setting', () => {
  it('exits with 78 and one sentence, also for a .env file, which the environment overrides', async () => {
    const bad = await start('MAX_WORKERS=plenty-of-them\n', {});
    expect(bad.code).toBe(78);
    expect(bad.stderr.trim().split('\n')).toHaveLength(1);
    expect(bad.stderr).toContain('MAX_WORKERS');
    expect(bad.stderr).not.toContain('plenty-of-them');
    const dotEnv = 'MAX_WORKERS=plenty-of-them\nHOST=0.0.0.0\nAPI_TOKNE=correct-horse\n';
    const overridden = await start(dotEnv, { MAX_WORKERS: '2' });
    expect(overridden.code).toBe(78);
    expect(overridden.stderr).toMatch(/^\.env: API_TOKNE .*Did you mean API_TOKEN\?$/m);
    expect(overridden.stderr).not.toContain('correct-horse');
    expect(overridden.stderr).toContain('ALLOW_OPEN_NETWORK');
  }, 120_000);
});
