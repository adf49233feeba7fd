import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openEngineJob, type EngineJobSpec } from '../../../src/worker/engine/engine-connection.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a process stopped by its own last line leaves no timer behind', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const folder = await mkdtemp(join(tmpdir(), 'engine-connection-'));
  const socketPath = join(folder, 'host.sock');
  const host = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('the last line has no line end'));
  });
  await new Promise<void>((listening) => host.listen(socketPath, listening));
  const spec: EngineJobSpec = {
    program: 'yt-dlp',
    argv: [],
    folder,
    limits: { fileSizeBytes: null, memoryBytes: null },
    egress: { allow: [], proxy: null },
  };
  const job = openEngineJob(socketPath, spec, {
    onLine: () => job.stop(),
    onControl: () => undefined,
  });
  expect(await job.closed).toMatchObject({ isHostLost: true });
  expect(vi.getTimerCount()).toBe(0);
  await new Promise((closed) => host.close(closed));
  await rm(folder, { recursive: true });
});
