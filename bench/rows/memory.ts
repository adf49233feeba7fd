import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, stopChild } from '../lib/children.ts';
import { alternate, MANY_AT_ONCE, ROUNDS, type Row } from '../lib/bench.ts';
import { descendantsOf, pssMb } from '../lib/processes.ts';

const COUNT = 8;
/** The extractor sends a request, then the download itself. */
const REQUESTS = 2;
const SETTLE_MS = 300;
/** The warm one; a cold one is there only until it is ready. */
const ENGINE_HOSTS = 1;

/** Proportional memory in the middle of eight downloads. */
export const memory: Row = {
  name: 'memory',
  async run({ origin, ytDlp, startArtemis, folder }) {
    const artemis = await startArtemis(MANY_AT_ONCE);
    const target = await folder('cold');
    const ours: number[] = [];
    const server: number[] = [];
    const theirs: number[] = [];
    const fresh = () =>
      Array.from({ length: COUNT }, () => origin.fresh('100000000.mp4', 'trickle'));
    const areRunning = async (asked: readonly { run: string }[]) => {
      await Promise.all(asked.map(({ run }) => origin.requests(run, REQUESTS)));
      await sleep(SETTLE_MS);
    };

    async function viaArtemis(): Promise<void> {
      const asked = fresh();
      const sent = await Promise.all(asked.map(({ url }) => artemis.submit(url)));
      await areRunning(asked);
      ours.push(pssMb(artemis.engineProcesses()));
      server.push(pssMb([artemis.pid]));
      await Promise.all(sent.map(({ id }) => artemis.client.cancelDownload(id)));
      while (artemis.engineProcesses().length > ENGINE_HOSTS) await sleep(50);
    }
    async function cold(round: number): Promise<void> {
      const asked = fresh();
      const [program, ...first] = ytDlp.command;
      const children = asked.map(({ url }, index) =>
        startChild(program, [...first, '--ignore-config', '-o', `${round}-${index}.mp4`, url], {
          cwd: target,
          env: ytDlp.environment,
          stdio: 'ignore',
        }),
      );
      await areRunning(asked);
      const pids = children.flatMap(({ pid = 0 }) => [pid, ...descendantsOf(pid)]);
      theirs.push(pssMb(pids));
      await Promise.all(children.map((child) => stopChild(child)));
    }

    await alternate(ROUNDS, [viaArtemis, cold]);
    await artemis.stop();
    return [
      {
        title: `PSS of ${COUNT} running jobs and the engine host`,
        unit: 'MB',
        ours,
        theirs: { name: `${COUNT} \`yt-dlp\``, values: theirs },
        goal: 0.45,
        note: 'The host is counted, the server is not.',
      },
      {
        title: 'The same with the server',
        unit: 'MB',
        ours: ours.map((value, round) => value + (server[round] ?? NaN)),
        theirs: { name: `${COUNT} \`yt-dlp\``, values: theirs },
        goal: null,
      },
    ];
  },
};
