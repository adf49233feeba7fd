import { createServerHome, descendantsOf } from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, pause, times, type Scenario } from './scenario.ts';
import { judge } from './whole-files.ts';

const VICTIMS = ['server', 'host', 'job'] as const;

export const freezes: Scenario = {
  name: 'freezes',
  about: 'SIGSTOP and SIGCONT of the server, an engine host or a job, longer than the stall limit',
  seconds: 80,
  async run(context) {
    const origin = await startOrigin();
    const home = await createServerHome();
    const alive = createVerdict('the server answers again after it');
    const accepted: string[] = [];
    try {
      const server = await home.start({
        EGRESS_ALLOW: origin.hostPort,
        MAX_WORKERS: '4',
        MAX_PER_HOST: '4',
        MAX_ATTEMPTS: '10',
        STALL_TIMEOUT: '3',
      });
      const root = server.child.pid ?? 0;
      const rounds = times(context, 9, 3);
      for (let round = 0; round < rounds && !context.isOver(); round += 1) {
        const urls = Array.from(
          { length: 3 },
          (_, n) => `${origin.url}/padded.mp4?size=600000&kib_per_s=200&n=${round * 3 + n}`,
        );
        const { downloads } = await server.client.createDownloads({ urls });
        accepted.push(...downloads.map(({ id }) => id));
        await pause(500 + context.random() * 1000);
        const victim = VICTIMS[round % VICTIMS.length] ?? 'job';
        const below = await descendantsOf(root);
        const hosts = below.filter(({ command }) => command.includes('host.py'));
        const isHost = (pid: number) => hosts.some((host) => host.pid === pid);
        const list =
          victim === 'host'
            ? hosts.filter(({ parent }) => parent === root)
            : below.filter(({ pid, parent }) => isHost(parent) && pid !== root);
        const pid =
          victim === 'server' ? root : list[Math.floor(context.random() * list.length)]?.pid;
        if (pid === undefined) continue;
        process.kill(pid, 'SIGSTOP');
        await pause(2000 + context.random() * 4000);
        try {
          process.kill(pid, 'SIGCONT');
        } catch {
          // Ended as stalled meanwhile, as it should.
        }
        const { status } = await fetch(`${server.baseUrl}/healthz`);
        alive.check(status === 200, `${victim}: ${status}`);
        context.say(`froze ${victim}`);
      }
      const { lost, different, failed, completed } = await judge(server, home, accepted);
      const stored = await home.storedFiles();
      return [
        alive.read(),
        {
          promise: 'every download completes, byte for byte',
          checked: accepted.length,
          broken: [...lost, ...different, ...Object.keys(failed)],
        },
        {
          promise: 'no download is stored twice',
          checked: completed,
          broken: stored.length === completed ? [] : [`${stored.length} files of ${completed}`],
        },
      ];
    } finally {
      await home.remove();
      await origin.close();
    }
  },
};
