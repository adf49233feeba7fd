import { alternate, MANY_AT_ONCE, type Row } from '../lib/bench.ts';
import { nowMs } from '../lib/clock.ts';
import { ONE_MB } from '../lib/origin.ts';

const ROUNDS = 9;
const COUNT = 8;

/** Eight downloads at once: the time until the last one has sent its first request to the origin. */
export const burst: Row = {
  name: 'burst',
  async run({ origin, ytDlp, startArtemis, folder }) {
    const artemis = await startArtemis(MANY_AT_ONCE);
    const target = await folder('cold');
    const ours: number[] = [];
    const theirs: number[] = [];
    const fresh = () => Array.from({ length: COUNT }, () => origin.fresh(ONE_MB));
    const lastOf = async (runs: readonly string[]) =>
      Math.max(...(await Promise.all(runs.map((run) => origin.firstRequestMs(run)))));

    async function viaArtemis(into: number[]): Promise<void> {
      const asked = fresh();
      const atMs = nowMs();
      const sent = await Promise.all(asked.map(({ url }) => artemis.submit(url)));
      await Promise.all(sent.map(({ id }) => artemis.completed(id)));
      into.push((await lastOf(asked.map(({ run }) => run))) - atMs);
    }
    async function cold(round: number): Promise<void> {
      const asked = fresh();
      const atMs = nowMs();
      await Promise.all(
        asked.map(({ url }, index) => ytDlp.run(target, ['-o', `${round}-${index}.mp4`, url])),
      );
      theirs.push((await lastOf(asked.map(({ run }) => run))) - atMs);
    }

    await viaArtemis([]);
    await alternate(ROUNDS, [() => viaArtemis(ours), cold]);
    await artemis.stop();
    return [
      {
        title: `${COUNT} POSTs at once → the last first request`,
        unit: 'ms',
        ours,
        theirs: { name: `${COUNT} cold starts at once`, values: theirs },
        goal: 0.08,
      },
    ];
  },
};
