import { alternate, type Row } from '../lib/bench.ts';
import { ONE_MB } from '../lib/origin.ts';

const WARM_UP = 3;
const ROUNDS = 15;

/** From the POST to a completed record and a stored file of 1 MB. */
export const fileComplete: Row = {
  name: 'file-complete',
  async run({ origin, ytDlp, startArtemis, folder }) {
    const artemis = await startArtemis();
    const target = await folder('cold');
    const ours: number[] = [];
    const theirs: number[] = [];

    async function viaArtemis(into: number[]): Promise<void> {
      const { atMs, id } = await artemis.submit(origin.fresh(ONE_MB).url);
      into.push((await artemis.completed(id)) - atMs);
    }
    async function cold(round: number, into: number[]): Promise<void> {
      const { wallMs } = await ytDlp.run(target, [
        '-o',
        `cold-${round}.mp4`,
        origin.fresh(ONE_MB).url,
      ]);
      into.push(wallMs);
    }

    await alternate(WARM_UP, [() => viaArtemis([])]);
    await cold(-1, []);
    await alternate(ROUNDS, [() => viaArtemis(ours), (round) => cold(round, theirs)]);
    await artemis.stop();
    return [
      {
        title: 'POST → 1 MB file stored',
        unit: 'ms',
        ours,
        theirs: { name: 'cold `yt-dlp URL`', values: theirs },
        goal: 0.08,
        note: 'MeTube, the other side of this row, is not installed by this script.',
      },
    ];
  },
};
