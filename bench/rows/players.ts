import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeAuthorities } from '../../apps/server/src/adapters/tools/authorities.ts';
import { createEngineHost } from '../../apps/server/src/adapters/engine/engine-host.ts';
import { openEngineJob } from '../../apps/server/src/worker/engine/engine-connection.ts';
import {
  AUTHORITY_FILE,
  startFakeYouTube,
} from '../../apps/server/test/origin/youtube/fake-youtube.ts';
import type { Row } from '../lib/bench.ts';

const ROUNDS = 7;
const VIDEOS = 20;
const PLAYER_BYTES = 2_600_000;
const CLIP = Buffer.concat([
  Buffer.from('000000206674797069736f6d0000020069736f6d69736f32617663316d703431', 'hex'),
  Buffer.alloc(50_000, 1),
]);
const logger = { info: () => undefined, warn: () => undefined };

/** CPU time of a YouTube job whose player is known, beside the first one's, with a player script of 2.6 MB. */
export const players: Row = {
  name: 'players',
  async run({ tools, folder }) {
    if (tools.jsRuntime === null)
      throw new Error('No JavaScript runtime was found. Run: npm run tools');
    const runtime = `${tools.jsRuntime.name}:${tools.jsRuntime.path}`;
    const target = await folder('jobs');
    const authorities = await writeAuthorities(AUTHORITY_FILE, target);
    const site = await startFakeYouTube(CLIP);
    const host = createEngineHost({ tools, logger, authorities });

    async function jobSeconds(): Promise<number> {
      const workFolder = await mkdtemp(join(target, 'job-'));
      const options = ['--ignore-config', '--no-plugin-dirs', '--no-cache-dir', '--fixup', 'never'];
      const { closed } = openEngineJob(
        host.current()?.socketPath ?? '',
        {
          program: 'yt-dlp',
          argv: [
            ...[...options, '--no-js-runtimes', '--js-runtimes', runtime, '--proxy', site.proxyUrl],
            ...['-o', 'media.%(ext)s', '--', 'https://www.youtube.com/watch?v=protected01'],
          ],
          folder: workFolder,
          limits: { fileSizeBytes: 1e9, memoryBytes: 2 ** 31 },
          egress: { allow: [site.hostPort], proxy: null },
        },
        { onLine: () => undefined, onControl: () => undefined },
      );
      const { status, cpuSeconds } = await closed;
      if (status !== 0 || cpuSeconds === null) throw new Error('A download of the bench failed.');
      await rm(workFolder, { recursive: true });
      return cpuSeconds;
    }

    const first: number[] = [];
    const later: number[] = [];
    const loaded: number[] = [];
    try {
      site.playerBytes = PLAYER_BYTES;
      while (host.current()?.tier !== 'warm') await sleep(100);
      for (let round = 0; round < ROUNDS; round += 1) {
        site.playerId = String(round).padStart(8, '0');
        const before = site.playerRequests;
        first.push((await jobSeconds()) * 1000);
        let sum = 0;
        for (let video = 1; video < VIDEOS; video += 1) sum += await jobSeconds();
        later.push((sum / (VIDEOS - 1)) * 1000);
        loaded.push(site.playerRequests - before);
      }
    } finally {
      await Promise.all([host.close(), site.close()]);
    }
    return [
      {
        title: 'CPU time of a YouTube job that finds its player in the cache',
        unit: 'ms',
        ours: later,
        theirs: { name: 'the first with this player', values: first },
        goal: 0.35,
        note: `The player of 2.6 MB was loaded ${Math.max(...loaded)} time(s) for ${VIDEOS} videos, one after another.`,
      },
    ];
  },
};
