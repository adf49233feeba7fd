import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../lib/children.ts';
import { alternate, ROUNDS, type Row } from '../lib/bench.ts';
import { startNginx } from '../lib/nginx.ts';
import { findProgram } from '../lib/programs.ts';
import type { Measure } from '../lib/stats.ts';

const GIB = 1024 ** 3;
const SIZE = 2 * GIB;

/** 2 GiB in, and out again. */
export const largeFile: Row = {
  name: 'large-file',
  async run({ origin, ytDlp, startArtemis, folder }) {
    const artemis = await startArtemis();
    const target = await folder('bare');
    const curl = findProgram('curl');
    const nginx = findProgram('nginx', process.env['NGINX_PATH']);
    const url = () => origin.fresh(`${SIZE}.mp4`).url;
    const ours = { wall: [] as number[], cpu: [] as number[] };
    const bare = { wall: [] as number[], cpu: [] as number[] };
    const curled = { wall: [] as number[], cpu: [] as number[] };
    const served = { ours: [] as number[], nginx: [] as number[], cpu: [] as number[] };
    let kept = '';

    async function viaArtemis(round: number): Promise<void> {
      const before = artemis.cpuMs();
      const { atMs, id } = await artemis.submit(url());
      ours.wall.push(((await artemis.completed(id)) - atMs) / 1000);
      ours.cpu.push((artemis.cpuMs() - before) / 1000);
      if (round === ROUNDS - 1) kept = id;
      else await artemis.purge(id);
    }
    async function viaYtDlp(): Promise<void> {
      const { wallMs, cpuMs } = await ytDlp.run(target, ['-o', 'bare.mp4', url()]);
      bare.wall.push(wallMs / 1000);
      bare.cpu.push(cpuMs / 1000);
      await rm(join(target, 'bare.mp4'));
    }
    async function viaCurl(): Promise<void> {
      if (curl === null) return;
      const { wallMs, cpuMs } = await runToEnd(curl, ['-s', '-o', 'curl.mp4', url()], {
        cwd: target,
      });
      curled.wall.push(wallMs / 1000);
      curled.cpu.push(cpuMs / 1000);
      await rm(join(target, 'curl.mp4'));
    }
    await alternate(ROUNDS, [viaArtemis, viaYtDlp, viaCurl]);

    const { download, download_url: link } = await artemis.client.getDownload(kept);
    const name = download.storage_path?.split('/').at(-1) ?? '';
    const signedUrl = artemis.client.resolveUrl(link ?? '');
    if (curl !== null && nginx !== null) {
      const web = await startNginx(nginx, await folder('nginx'), artemis.downloadsDir);
      const fetchAll = async (address: string) =>
        (await runToEnd(curl, ['-sf', '-o', '/dev/null', address])).wallMs / 1000;
      await fetchAll(signedUrl);
      await alternate(ROUNDS, [
        async () => {
          const before = artemis.cpuMs();
          served.ours.push(await fetchAll(signedUrl));
          served.cpu.push((artemis.cpuMs() - before) / 1000);
        },
        async () =>
          void served.nginx.push(await fetchAll(`${web.url}/${encodeURIComponent(name)}`)),
      ]);
      await web.close();
    }
    await artemis.stop();

    const measures: Measure[] = [
      {
        title: '2 GiB file: wall',
        unit: 's',
        ours: ours.wall,
        theirs: { name: 'bare `yt-dlp URL`', values: bare.wall },
        goal: 1.02,
        note: 'Ours ends when the bytes are safe on the disk (fsync); the others end when they are in the page cache.',
      },
      {
        title: '2 GiB file: CPU',
        unit: 's',
        ours: ours.cpu,
        theirs: { name: 'bare `yt-dlp URL`', values: bare.cpu },
        goal: 1.02,
      },
    ];
    const none = (what: string): Measure => ({
      title: `${what}: not installed`,
      unit: 's',
      ours: [],
      goal: null,
    });
    if (curl === null) measures.push(none('curl'));
    else {
      const theirs = (values: number[]) => ({ name: '`curl -o`', values });
      measures.push(
        {
          title: '2 GiB file: wall',
          unit: 's',
          ours: ours.wall,
          theirs: theirs(curled.wall),
          goal: null,
        },
        {
          title: '2 GiB file: CPU',
          unit: 's',
          ours: ours.cpu,
          theirs: theirs(curled.cpu),
          goal: null,
        },
      );
    }
    if (curl === null || nginx === null) measures.push(none('nginx'));
    else {
      measures.push(
        {
          title: 'Serving 2 GiB back by a signed link',
          unit: 's',
          ours: served.ours,
          theirs: { name: 'nginx with sendfile', values: served.nginx },
          goal: 1.2,
        },
        { title: 'CPU of the server for that', unit: 's', ours: served.cpu, goal: null },
      );
    }
    return measures;
  },
};
