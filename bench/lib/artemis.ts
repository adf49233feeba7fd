import { once } from 'node:events';
import http from 'node:http';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client, type Download } from '../../packages/contracts/src/client.ts';
import { freePort } from '../../apps/server/test/integration/server-process.ts';
import { startChild, stopChild } from './children.ts';
import { nowMs } from './clock.ts';
import { descendantsOf, treeCpuMs } from './processes.ts';

export const repositoryDir = resolve(import.meta.dirname, '../..');
const SETTLE_MS = 500;

export interface Artemis {
  readonly client: Client;
  readonly baseUrl: string;
  readonly downloadsDir: string;
  readonly pid: number;
  /** From the start of the process to the line that says it listens. */
  readonly startMs: number;
  /** Engine hosts and, while jobs run, these and theirs. */
  engineProcesses(): number[];
  /** User and system time so far: server, engine hosts, and all jobs that have ended. */
  cpuMs(): number;
  /** Sends one POST; `atMs` is just before it. */
  submit(url: string): Promise<{ readonly atMs: number; readonly id: string }>;
  /** When the event stream said that it is completed, its file being stored (`nowMs`). */
  completed(id: string): Promise<number>;
  /** Deletes record and file once the attempt has cleaned up. */
  purge(id: string): Promise<void>;
  /** Stops it as SIGTERM does; its folder stays for another start. */
  end(): Promise<void>;
  /** The same, and removes the folder. */
  stop(): Promise<void>;
}

export interface ArtemisOptions {
  readonly folder: string;
  readonly egressAllow: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The built server with the settings of a user, but for the limits that the measurement would run into. */
export async function startArtemis(options: ArtemisOptions): Promise<Artemis> {
  const { folder, egressAllow, environment = {} } = options;
  const downloadsDir = join(folder, 'downloads');
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const atMs = nowMs();
  const child = startChild(process.execPath, ['apps/server/dist/main.js'], {
    cwd: repositoryDir,
    env: {
      ...process.env,
      PORT: String(port),
      DOWNLOADS_DIR: downloadsDir,
      HISTORY_FILE: join(folder, 'downloads-history.json'),
      RATE_LIMIT_ENABLED: 'false',
      MIN_FREE_SPACE: '0',
      EGRESS_ALLOW: egressAllow,
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const startMs = await new Promise<number>((done, reject) => {
    let said = '';
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('Artemis is ready:')) done(nowMs() - atMs);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  const pid = child.pid ?? 0;
  const baseUrl = `http://127.0.0.1:${port}`;
  const client = createClient({ baseUrl });
  const watcher = await watch(baseUrl);
  while ((await client.telemetry()).engine.mode !== 'warm') await sleep(50);
  await sleep(SETTLE_MS);

  async function end(): Promise<void> {
    watcher.close();
    await stopChild(child);
  }

  return {
    client,
    baseUrl,
    downloadsDir,
    pid,
    startMs,
    engineProcesses: () => descendantsOf(pid),
    cpuMs: () => treeCpuMs(pid),
    async submit(url) {
      const submittedMs = nowMs();
      const { downloads } = await client.createDownloads({ url });
      return { atMs: submittedMs, id: downloads[0]?.id ?? '' };
    },
    completed: watcher.completed,
    async purge(id) {
      for (;;) {
        const { status } = await client.call('removeDownload', { id, query: { purge: 'file' } });
        if (status !== 409) return;
        await sleep(20);
      }
    },
    end,
    async stop() {
      await end();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Listens to the event stream, as the web page does. */
async function watch(baseUrl: string): Promise<{
  completed(id: string): Promise<number>;
  close(): void;
}> {
  const ended = new Map<string, { readonly download: Download; readonly atMs: number }>();
  const waiters = new Map<string, () => void>();
  const request = http.get(`${baseUrl}/api/v1/events`, { agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let pending = '';
  response.setEncoding('utf8').on('data', (text: string) => {
    const frames = (pending + text).split('\n\n');
    pending = frames.pop() ?? '';
    for (const frame of frames) {
      if (!frame.includes('\nevent: download\n')) continue;
      const download = JSON.parse(frame.slice(frame.indexOf('\ndata: ') + 7)) as Download;
      if (download.status !== 'completed' && download.status !== 'failed') continue;
      ended.set(download.id, { download, atMs: nowMs() });
      waiters.get(download.id)?.();
      waiters.delete(download.id);
    }
  });
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  return {
    async completed(id) {
      if (!ended.has(id)) await new Promise<void>((done) => waiters.set(id, done));
      const end = ended.get(id);
      if (end?.download.status !== 'completed') {
        throw new Error(`not completed: ${JSON.stringify(end?.download.error)}`);
      }
      return end.atMs;
    },
    close: () => request.destroy(),
  };
}
