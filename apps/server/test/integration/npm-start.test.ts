import { spawn, type ChildProcess } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createClient, type Client } from '@artemis/contracts/client';
import type { Download } from '@artemis/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import { createServerHome, eventually, freePort, type ServerHome } from './server-process.ts';

const MINUTE = 60_000;
const repositoryDir = resolve(import.meta.dirname, '../../../..');

interface NpmStart {
  readonly npm: ChildProcess;
  readonly client: Client;
  output(): string;
  /** As a terminal does with Ctrl-C; resolves with the exit code of npm. */
  signalGroup(signal: NodeJS.Signals): Promise<number | null>;
}

let origin: Awaited<ReturnType<typeof startOrigin>>;
let home: ServerHome;
const started: NpmStart[] = [];

beforeEach(async () => {
  origin = await startOrigin();
  home = await createServerHome();
});

afterEach(async () => {
  for (const { npm, signalGroup } of started.splice(0)) {
    if (npm.exitCode === null && npm.signalCode === null) await signalGroup('SIGTERM');
  }
  await home.remove();
  await origin.close();
});

async function npmStart(): Promise<NpmStart> {
  const port = await freePort();
  const npm = spawn('npm', ['start'], {
    cwd: repositoryDir,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PORT: String(port),
      DOWNLOADS_DIR: home.downloadsDir,
      HISTORY_FILE: home.historyFile,
      RATE_LIMIT_ENABLED: 'false',
      MIN_FREE_SPACE: '0',
      MAX_WORKERS: '2',
      EGRESS_ALLOW: origin.hostPort,
      ARTEMIS_SETUP: 'off',
    },
  });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const server = {
    npm,
    client: createClient({ baseUrl: `http://127.0.0.1:${port}` }),
    output: () => output,
    signalGroup: (signal: NodeJS.Signals) =>
      new Promise<number | null>((done) => {
        npm.once('close', (code) => done(code));
        process.kill(-(npm.pid ?? 0), signal);
      }),
  };
  started.push(server);
  return server;
}

const isLocked = () =>
  access(join(home.folder, '.artemis', 'lock')).then(
    () => true,
    () => false,
  );

async function storedRecords(): Promise<readonly Download[]> {
  const text = await readFile(home.historyFile, 'utf8');
  return (JSON.parse(text) as { downloads: Download[] }).downloads;
}

describe('npm start, when a signal reaches its whole group', () => {
  it(
    'exits with 0 each time, leaves no lock, and continues at the next start',
    async () => {
      let ids: readonly string[] = [];
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        const server = await npmStart();
        await eventually(() => server.output().includes('Artemis is ready:'));
        if (ids.length === 0) {
          const urls = [1, 2, 3].map(
            (n) => `${origin.url}/padded.mp4?size=1500000&kib_per_s=20&n=${n}`,
          );
          ids = (await server.client.createDownloads({ urls })).downloads.map(({ id }) => id);
        }
        // In the second round: what the signal has queued goes on by itself.
        await eventually(async () => (await server.client.telemetry()).running === 2);
        expect(await server.signalGroup(signal), server.output()).toBe(0);
        expect(server.output()).toContain(`"signal":"${signal}","msg":"stopping"`);
        expect(await isLocked()).toBe(false);
        const records = await storedRecords();
        expect(records.map(({ status, attempt }) => [status, attempt])).toEqual(
          ids.map(() => ['queued', 1]),
        );
      }
    },
    2 * MINUTE,
  );

  it(
    'exits with 0 and a message also while the server starts',
    async () => {
      const server = await npmStart();
      await eventually(isLocked);
      expect(await server.signalGroup('SIGINT'), server.output()).toBe(0);
      expect(server.output()).toMatch(/Stopped before Artemis was ready|"msg":"stopping"/);
      expect(server.output()).not.toContain('Traceback');
      expect(await isLocked()).toBe(false);
    },
    MINUTE,
  );
});
