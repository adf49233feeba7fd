import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FolderInUseError } from '../../src/adapters/files/folder-lock.ts';
import { ConfigError } from '../../src/config-error.ts';
import { NewerHistoryError } from '../../src/adapters/history/document.ts';
import { startRefusalOf } from '../../src/start-refusal.ts';

function listening(port: number, host: string): Server {
  const server = createServer().listen(port, host);
  onTestFinished(() => void server.close());
  return server;
}

async function errorOf(server: Server): Promise<unknown> {
  const [error] = (await once(server, 'error')) as [unknown];
  return error;
}

it('a taken port is named, with exit code 1', async () => {
  const first = listening(0, '127.0.0.1');
  await once(first, 'listening');
  const { port } = first.address() as AddressInfo;
  expect(startRefusalOf(await errorOf(listening(port, '127.0.0.1')))).toEqual({
    exitCode: 1,
    sentence: `Port ${port} is in use or not allowed. Set PORT to another port, such as PORT=8501.`,
  });
});

it("an address or name that is not this computer's is a bad setting", async () => {
  const unknownName = Object.assign(new Error('getaddrinfo ENOTFOUND'), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
  });
  for (const error of [await errorOf(listening(0, '192.0.2.1')), unknownName]) {
    expect(startRefusalOf(error)).toMatchObject({
      exitCode: 78,
      sentence: expect.stringMatching(/HOST=127\.0\.0\.1/) as string,
    });
  }
});

it('a folder that cannot be created, or a file that is a folder, is named with the settings it may come from', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'artemis-place-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), '');
  const errors = await Promise.all([
    mkdir(join(folder, 'file', 'below'), { recursive: true }).catch((error: unknown) => error),
    readFile(folder).catch((error: unknown) => error),
  ]);
  for (const error of errors) {
    expect(startRefusalOf(error)).toMatchObject({
      exitCode: 1,
      sentence: expect.stringMatching(/DOWNLOADS_DIR, DATA_DIR, HISTORY_FILE/) as string,
    });
  }
});

it('a refusal that a retry cannot fix has an exit code of its own', () => {
  expect(startRefusalOf(new ConfigError('PORT must be a whole number.'))).toEqual({
    exitCode: 78,
    sentence: 'Artemis cannot start: PORT must be a whole number.',
  });
  expect(startRefusalOf(new NewerHistoryError('Newer.'))?.exitCode).toBe(78);
  expect(startRefusalOf(new FolderInUseError('In use.'))?.exitCode).toBe(75);
});

it('an unexpected error keeps its stack trace', () => {
  expect(startRefusalOf(new Error('boom'))).toBeNull();
  expect(startRefusalOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBeNull();
});
