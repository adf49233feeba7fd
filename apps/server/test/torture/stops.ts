import { createServerHome, descendantsOf, stillThere } from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { createVerdict, pause, times, type Scenario } from './scenario.ts';
import { judge } from './whole-files.ts';

const MOST_STOP_MS = 15_000;
const GONE_WITHIN_MS = 2000;

export const stops: Scenario = {
  name: 'stops',
  about: 'SIGTERM with four downloads under way and more waiting',
  seconds: 70,
  async run(context) {
    const origin = await startOrigin();
    const home = await createServerHome();
    const environment = { EGRESS_ALLOW: origin.hostPort, MAX_WORKERS: '4', MAX_PER_HOST: '4' };
    const inTime = createVerdict('SIGTERM ends with 0 within 15 s');
    const clean = createVerdict('no process is left');
    const accepted: string[] = [];
    try {
      const rounds = times(context, 8, 2);
      for (let round = 0; round < rounds && !context.isOver(); round += 1) {
        const server = await home.start(environment);
        const urls = Array.from(
          { length: 6 },
          (_, n) => `${origin.url}/padded.mp4?size=900000&kib_per_s=300&n=${round * 6 + n}`,
        );
        const { downloads } = await server.client.createDownloads({ urls });
        accepted.push(...downloads.map(({ id }) => id));
        await pause(context.random() * 2500);
        const family = await descendantsOf(server.child.pid ?? 0);
        const atMs = performance.now();
        const code = await server.stop();
        const tookMs = performance.now() - atMs;
        inTime.check(code === 0 && tookMs < MOST_STOP_MS, `exit ${code} after ${tookMs} ms`);
        const deadlineMs = performance.now() + GONE_WITHIN_MS;
        let left = await stillThere(family);
        while (left.length > 0 && performance.now() < deadlineMs) {
          await pause(50);
          left = await stillThere(family);
        }
        clean.check(left.length === 0, left.map(({ command }) => command).join());
        context.say(`stop ${round + 1}: exit ${code} in ${Math.round(tookMs)} ms`);
      }
      const { lost, different, failed, completed } = await judge(
        await home.start(environment),
        home,
        accepted,
      );
      const codes = Object.entries(failed).map(([failure, count]) => `${count} ${failure}`);
      return [
        inTime.read(),
        clean.read(),
        {
          promise: 'all continue after the next start, byte for byte',
          checked: completed + lost.length,
          broken: [...lost, ...different, ...codes],
        },
      ];
    } finally {
      await home.remove();
      await origin.close();
    }
  },
};
