import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  TIERS,
  downloadArgv,
  engineTools,
  folderWithSound,
  processEntry,
  processesOfGroup,
  startEngine,
  waitForEmptyGroup,
  waitUntil,
  type EngineUnderTest,
  type JobRequest,
  type RunningJob,
} from './engine-under-test.ts';
import { startLocalSite, type LocalSite } from './local-site.ts';

const holderPath = join(import.meta.dirname, 'holder.ts');
const VARIANTS = [
  ...TIERS.map((tier) => ({ tier, isWatcherForced: false })),
  { tier: 'cold' as const, isWatcherForced: true },
];

// Processes are looked up in /proc.
describe.runIf(process.platform === 'linux').each(VARIANTS)(
  'processes of the $tier engine (watcher forced: $isWatcherForced)',
  { timeout: 60_000 },
  ({ tier, isWatcherForced }) => {
    let engine: EngineUnderTest;
    let site: LocalSite;

    beforeAll(async () => {
      site = await startLocalSite();
      engine = await startEngine(tier, { isWatcherForced });
    }, 60_000);

    afterAll(async () => {
      await engine.close();
      await site.close();
    });

    /** yt-dlp that itself downloads for ever. */
    const endless = (): JobRequest => ({
      argv: downloadArgv(`${site.origin}/endless.mp4`),
      egress: { allow: [site.address], proxy: null },
    });

    /** yt-dlp that waits for an ffmpeg which downloads for ever. */
    const endlessFfmpeg = (): JobRequest => ({
      argv: downloadArgv(`${site.origin}/endless.mp4`, '--downloader', 'ffmpeg'),
      egress: {
        allow: [site.address],
        proxy: { url: `http://job:token@127.0.0.1:${site.port}`, isForAll: false },
      },
    });

    async function openWithFfmpeg(): Promise<{ job: RunningJob; group: number }> {
      const job = await engine.open(endlessFfmpeg());
      const group = await job.pid();
      await waitUntil(
        async () => (await processesOfGroup(group)).some(({ command }) => command === 'ffmpeg'),
        () => `ffmpeg to start: ${job.lines.join(' | ')}`,
      );
      return { job, group };
    }

    // Between them, the warm engine without a watcher and the cold one with it have all that a cold one without it has: that
    // one shows only, at the end, that its processes end with it.
    if (tier === 'cold' && !isWatcherForced) {
      describe('of another engine', areGoneWithIt);
      return;
    }

    it('are gone when a SIGSTOPped process is closed', async () => {
      const { job, group } = await openWithFfmpeg();
      job.stop();
      const exit = await job.closed;
      expect(exit.isHostLost).toBe(false);
      expect(await processesOfGroup(group)).toEqual([]);
    });

    it('are gone after the yt-dlp process was killed', async () => {
      const { job, group } = await openWithFfmpeg();
      process.kill(group, 'SIGKILL');
      expect(await job.closed).toMatchObject({ status: null, signal: 9, isHostLost: false });
      expect(await processesOfGroup(group)).toEqual([]);
    });

    it('are gone after the host was killed, and a new host takes over', async () => {
      const { job, group } = await openWithFfmpeg();
      const before = engine.host.current()?.socketPath;
      const { parentPid } = (await processEntry(group)) ?? { parentPid: 0 };
      process.kill(parentPid, 'SIGKILL');
      expect((await job.closed).isHostLost).toBe(true);
      await waitForEmptyGroup(group);
      await waitUntil(
        () => {
          const current = engine.host.current();
          return current?.tier === tier && current.socketPath !== before;
        },
        () => 'a new host',
      );
      expect(engine.host.status().restarts).toBeGreaterThan(0);
      const { exit } = await engine.run({ argv: ['--ignore-config', '--version'] });
      expect(exit.status).toBe(0);
    });

    it('have no descriptor of the host or of other downloads', async () => {
      const first = await engine.open(endless());
      const second = await engine.open(endless());
      await waitUntil(
        () => [first, second].every(({ lines }) => lines.some((line) => line.includes('Dest'))),
        () => 'both downloads to begin',
      );
      const descriptors = await readdir(`/proc/${await second.pid()}/fd`);
      // Three streams, the site, the file.
      expect(descriptors.length).toBeLessThanOrEqual(5);
      first.stop();
      second.stop();
      await Promise.all([first.closed, second.closed]);
    });

    // From here on it is the same code that watches the connections in every tier, and the start of a job is fastest here.
    if (tier === 'warm') {
      it('are ended by a signal they can handle, so that the last output is not lost', async () => {
        const job = await engine.open(endless());
        await waitUntil(
          () => job.lines.find((line) => line.includes('[download]')),
          () => 'the download to begin',
        );
        job.stop();
        expect(await job.closed).toMatchObject({ status: 1, signal: null });
        expect(job.lines.join()).toContain('Interrupted by user');
      });

      it('are killed at once on request', async () => {
        const { job, group } = await openWithFfmpeg();
        job.kill();
        expect(await job.closed).toMatchObject({ status: null, signal: 9, isHostLost: false });
        expect(await processesOfGroup(group)).toEqual([]);
      });

      it('are killed when they ignore the first signal', async () => {
        const { job, group } = await openWithFfmpeg();
        for (const { pid } of await processesOfGroup(group)) process.kill(pid, 'SIGSTOP');
        job.stop();
        expect(await job.closed).toMatchObject({ status: null, signal: 9 });
        expect(await processesOfGroup(group)).toEqual([]);
      });

      it('are gone after the connection was cut', async () => {
        const group = await openRaw(engine, endlessFfmpeg(), (socket) => socket.destroy());
        await waitForEmptyGroup(group);
      });

      it('are gone after the thread that held the connection was terminated', async () => {
        const worker = new Worker(join(import.meta.dirname, 'holder-thread.mjs'), {
          workerData: await holderInput(endlessFfmpeg()),
        });
        const group = await new Promise<number>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        });
        await waitUntil(
          async () => (await processesOfGroup(group)).length > 1,
          () => 'ffmpeg to start',
        );
        await worker.terminate();
        await waitForEmptyGroup(group);
      });

      it('are gone after the process that held the connection was killed', async () => {
        const input = JSON.stringify(await holderInput(endlessFfmpeg()));
        const holder = spawn(process.execPath, ['--import', 'tsx', holderPath, input], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const group = await new Promise<number>((resolve) => {
          holder.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
        });
        await waitUntil(
          async () => (await processesOfGroup(group)).length > 1,
          () => 'ffmpeg to start',
        );
        holder.kill('SIGKILL');
        await waitForEmptyGroup(group);
      });

      it('are not blocked by another connection that does not read', async () => {
        const argv = '-v trace -stream_loop -1 -i file:sound.wav -f null -'.split(' ');
        const folder = await folderWithSound();
        let silent: Socket | undefined;
        const group = await openRaw(engine, { program: 'ffmpeg', argv, folder }, (socket) => {
          silent = socket.pause();
        });
        const { exit } = await engine.run({ argv: ['--ignore-config', '--version'] });
        expect(exit.status).toBe(0);
        expect(await processesOfGroup(group)).toHaveLength(1);
        silent?.destroy();
        await waitForEmptyGroup(group);
      });
    }

    describe('of another engine', areGoneWithIt);

    /** One engine whose hosts end one after another, and at last the engine itself. */
    function areGoneWithIt(): void {
      let other: EngineUnderTest;

      beforeAll(async () => {
        other = await startEngine(tier, { isWatcherForced });
      }, 60_000);

      afterAll(() => other.close());

      it('are gone after yt-dlp and host were killed together', async () => {
        const job = await other.open(endlessFfmpeg());
        const group = await job.pid();
        await waitUntil(
          async () => (await processesOfGroup(group)).length > 1,
          () => 'ffmpeg to start',
        );
        const { socketPath } = await hostOf(tier);
        const { parentPid } = (await processEntry(group)) ?? { parentPid: 0 };
        process.kill(group, 'SIGKILL');
        process.kill(parentPid, 'SIGKILL');
        await waitForEmptyGroup(group);
        // Those below need one that lives.
        await waitUntil(
          async () => (await hostOf(tier)).socketPath !== socketPath,
          () => 'another host',
        );
      });

      if (tier === 'warm') {
        it('continue under the old host while new ones use the new host', async () => {
          const job = await other.open(endless());
          const group = await job.pid();
          const { parentPid } = (await processEntry(group)) ?? { parentPid: 0 };
          other.host.replace(await engineTools());
          await waitUntil(
            () => other.host.current(),
            () => 'the new host',
          );
          const { exit } = await other.run({ argv: ['--ignore-config', '--version'] });
          expect(exit.status).toBe(0);
          expect(await processesOfGroup(group)).toHaveLength(1);
          job.stop();
          expect((await job.closed).isHostLost).toBe(false);
          await waitUntil(
            async () => (await processEntry(parentPid)) === null,
            () => 'the old host to end',
          );
        });
      }

      it('are gone after the engine was closed, with the folder of its sockets', async () => {
        const { socketPath } = await hostOf(tier);
        const job = await other.open(endless());
        const group = await job.pid();
        await other.close();
        await job.closed;
        expect(await processesOfGroup(group)).toEqual([]);
        expect(existsSync(join(socketPath, '..'))).toBe(false);
      });

      /** After the one before has ended. */
      function hostOf(wanted: typeof tier) {
        return waitUntil(
          () => {
            const current = other.host.current();
            return current?.tier === wanted ? current : null;
          },
          () => `a ${wanted} host`,
        );
      }
    }

    async function holderInput(request: JobRequest): Promise<object> {
      const folder = await mkdtemp(join(tmpdir(), 'engine-held-'));
      folders.push(folder);
      return { socketPath: engine.host.current()?.socketPath, spec: fullSpec(request, folder) };
    }
  },
);

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

function fullSpec(request: JobRequest, folder: string): object {
  return {
    program: 'yt-dlp',
    limits: { fileSizeBytes: null, memoryBytes: null },
    egress: { allow: [], proxy: null },
    ...request,
    folder,
  };
}

/** A job over a bare socket; `then` gets it when the job has started. Resolves with the job's group. */
async function openRaw(
  engine: EngineUnderTest,
  { program = 'yt-dlp', argv, egress, ...request }: JobRequest,
  then: (socket: Socket) => void,
): Promise<number> {
  const folder = request.folder ?? (await mkdtemp(join(tmpdir(), 'engine-raw-')));
  folders.push(folder);
  const proxy = egress?.proxy ?? null;
  const socket = createConnection(engine.host.current()?.socketPath ?? '');
  socket.on('error', () => undefined);
  socket.write(
    `${JSON.stringify({
      nonce: 'aabbccdd',
      program,
      argv,
      folder,
      limits: {},
      egress: { allow: egress?.allow ?? [], proxy: proxy && { url: proxy.url, all: false } },
    })}\n`,
  );
  const text = await new Promise<string>((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  then(socket);
  return Number(/"started","pid":(\d+)/.exec(text)?.[1]);
}
