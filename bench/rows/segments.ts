import { alternate, ROUNDS, type Row } from '../lib/bench.ts';
import { SEGMENTS } from '../lib/media.ts';

const LATENCY_MS = 30;

/** A stream in segments from far away, while somebody watches its progress. */
export const segments: Row = {
  name: 'segments',
  async run({ origin, ytDlp, startArtemis, folder }) {
    const artemis = await startArtemis();
    const target = await folder('newline');

    async function measure(file: string) {
      const wall = { ours: [] as number[], theirs: [] as number[] };
      const cpu = { ours: [] as number[], theirs: [] as number[] };
      await alternate(ROUNDS, [
        async () => {
          const before = artemis.cpuMs();
          const { atMs, id } = await artemis.submit(origin.fresh(file, LATENCY_MS).url);
          wall.ours.push(((await artemis.completed(id)) - atMs) / 1000);
          cpu.ours.push((artemis.cpuMs() - before) / 1000);
        },
        async (round) => {
          const ended = await ytDlp.run(
            target,
            [
              ...['--newline', '-o', `${file.length}-${round}.%(ext)s`],
              origin.fresh(file, LATENCY_MS).url,
            ],
            true,
          );
          wall.theirs.push(ended.wallMs / 1000);
          cpu.theirs.push(ended.cpuMs / 1000);
        },
      ]);
      return { wall, cpu };
    }

    const hls = await measure('hls/index.m3u8');
    const dash = await measure('dash/manifest.mpd');
    await artemis.stop();
    const theirs = (values: number[]) => ({ name: '`yt-dlp --newline`', values });
    const hlsName = `HLS, ${SEGMENTS} segments at ${LATENCY_MS} ms`;
    const dashName = `DASH, two times ${SEGMENTS} segments at ${LATENCY_MS} ms`;
    return [
      {
        title: `${hlsName}: wall`,
        unit: 's',
        ours: hls.wall.ours,
        theirs: theirs(hls.wall.theirs),
        goal: 0.22,
      },
      {
        title: `${hlsName}: CPU`,
        unit: 's',
        ours: hls.cpu.ours,
        theirs: theirs(hls.cpu.theirs),
        goal: 0.75,
      },
      {
        title: `${dashName}: wall`,
        unit: 's',
        ours: dash.wall.ours,
        theirs: theirs(dash.wall.theirs),
        goal: 0.15,
      },
      {
        title: `${dashName}: CPU`,
        unit: 's',
        ours: dash.cpu.ours,
        theirs: theirs(dash.cpu.theirs),
        goal: null,
      },
    ];
  },
};
