import { setTimeout as sleep } from 'node:timers/promises';
import { alternate, type Row } from '../lib/bench.ts';
import { ONE_MB } from '../lib/origin.ts';

const ROUNDS = 9;
/** CPU time comes in steps of 10 ms, so several downloads are measured together. */
const JOBS = 10;
const COLD_JOBS = 2;

/** User and system time of one download: server, engine hosts and job, against one cold yt-dlp. */
export const cpu: Row = {
  name: 'cpu',
  async run({ origin, ytDlp, startArtemis, folder }) {
    const artemis = await startArtemis();
    const target = await folder('cold');
    const ours: number[] = [];
    const theirs: number[] = [];

    async function viaArtemis(jobs: number): Promise<number> {
      const before = artemis.cpuMs();
      for (let job = 0; job < jobs; job += 1) {
        const { id } = await artemis.submit(origin.fresh(ONE_MB).url);
        await artemis.completed(id);
      }
      // Work after the last record counts too.
      await sleep(100);
      return (artemis.cpuMs() - before) / jobs;
    }
    async function cold(round: number): Promise<number> {
      let sum = 0;
      for (let job = 0; job < COLD_JOBS; job += 1) {
        const name = `cold-${round}-${job}.mp4`;
        sum += (await ytDlp.run(target, ['-o', name, origin.fresh(ONE_MB).url])).cpuMs;
      }
      return sum / COLD_JOBS;
    }

    await viaArtemis(JOBS);
    await cold(-1);
    await alternate(ROUNDS, [
      async () => void ours.push(await viaArtemis(JOBS)),
      async (round) => void theirs.push(await cold(round)),
    ]);
    await artemis.stop();
    return [
      {
        title: 'CPU time of a download of 1 MB, server included',
        unit: 'ms',
        ours,
        theirs: { name: 'cold `yt-dlp URL`', values: theirs },
        goal: 0.06,
        note: `Ours is a ${JOBS}th of ${JOBS} downloads one after another, with a client on the event stream.`,
      },
    ];
  },
};
