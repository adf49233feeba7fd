import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alternate, ROUNDS, type Row } from '../lib/bench.ts';
import { nowMs } from '../lib/clock.ts';
import { ONE_MB } from '../lib/origin.ts';

const COUNT = 50;

/** 50 downloads of 1 MB, each isolated, two at a time, against one yt-dlp that does them one after another. */
export const fifty: Row = {
  name: 'fifty',
  async run({ origin, ytDlp, startArtemis, folder }) {
    const artemis = await startArtemis({ MAX_WORKERS: '2', MAX_PER_HOST: '2' });
    const ours: number[] = [];
    const theirs: number[] = [];
    const urls = () => Array.from({ length: COUNT }, () => origin.fresh(ONE_MB).url);

    async function viaArtemis(): Promise<void> {
      const atMs = nowMs();
      const { downloads } = await artemis.client.createDownloads({ urls: urls() });
      const ends = await Promise.all(downloads.map(({ id }) => artemis.completed(id)));
      ours.push((Math.max(...ends) - atMs) / 1000);
    }
    async function oneProcess(): Promise<void> {
      const target = await folder('list');
      await writeFile(join(target, 'list.txt'), urls().join('\n'));
      const { wallMs } = await ytDlp.run(target, [
        ...['-a', 'list.txt', '-o', '%(autonumber)s.%(ext)s'],
      ]);
      theirs.push(wallMs / 1000);
    }

    await artemis.completed((await artemis.submit(origin.fresh(ONE_MB).url)).id);
    await alternate(ROUNDS, [viaArtemis, oneProcess]);
    await artemis.stop();
    return [
      {
        title: `${COUNT} isolated downloads of 1 MB, two at a time`,
        unit: 's',
        ours,
        theirs: { name: '`yt-dlp -a list`', values: theirs },
        goal: 1.2,
      },
    ];
  },
};
