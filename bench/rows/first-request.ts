import { alternate, type Row } from '../lib/bench.ts';
import { ONE_MB } from '../lib/origin.ts';
import type { WarmProcess } from '../lib/yt-dlp.ts';

const WARM_UP = 5;
const ROUNDS = 25;

/** From the POST to the first request at the origin; the other sides are asked in their own process and are warm. */
export const firstRequest: Row = {
  name: 'first-request',
  async run({ origin, startArtemis, startWarmProcess }) {
    const artemis = await startArtemis();
    const each = await startWarmProcess(false);
    const shared = await startWarmProcess(true);

    async function viaArtemis(): Promise<number> {
      const { run, url } = origin.fresh(ONE_MB);
      const { atMs, id } = await artemis.submit(url);
      const firstMs = await origin.firstRequestMs(run);
      await artemis.completed(id);
      return firstMs - atMs;
    }
    async function inProcess(warm: WarmProcess): Promise<number> {
      const { run, url } = origin.fresh(ONE_MB);
      const { startedMs } = await warm.download(url);
      return (await origin.firstRequestMs(run)) - startedMs;
    }

    const figures = { ours: [] as number[], each: [] as number[], shared: [] as number[] };
    const into = (values: number[], side: () => Promise<number>) => async (round: number) => {
      const value = await side();
      if (round >= WARM_UP) values.push(value);
    };
    await alternate(WARM_UP + ROUNDS, [
      into(figures.ours, viaArtemis),
      into(figures.each, () => inProcess(each)),
      into(figures.shared, () => inProcess(shared)),
    ]);
    await each.close();
    await shared.close();
    await artemis.stop();
    const title = 'POST → first request at the origin';
    return [
      {
        title,
        unit: 'ms',
        ours: figures.ours,
        theirs: {
          name: 'warm in-process call, a `YoutubeDL` for each download',
          values: figures.each,
        },
        goal: 1.25,
      },
      {
        title,
        unit: 'ms',
        ours: figures.ours,
        theirs: {
          name: 'warm in-process call, one `YoutubeDL` for all downloads',
          values: figures.shared,
        },
        goal: null,
        note: 'One `YoutubeDL` for all cannot give two downloads different options, nor keep their cookies apart.',
      },
    ];
  },
};
