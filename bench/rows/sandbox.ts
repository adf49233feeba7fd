import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createEngineHost,
  type EngineHost,
} from '../../apps/server/src/adapters/engine/engine-host.ts';
import { openEngineJob } from '../../apps/server/src/worker/engine/engine-connection.ts';
import { usualArgvs } from '../../apps/server/src/worker/argv/usual-argv.ts';
import { alternate, type Row } from '../lib/bench.ts';
import { ONE_MB } from '../lib/origin.ts';

const ROUNDS = 9;
const JOBS = 10;
const logger = { info: () => undefined, warn: () => undefined };

/** CPU time of a warm job for a small file: in the sandbox, and on the same system without one. */
export const sandbox: Row = {
  name: 'sandbox',
  async run({ origin, tools, folder }) {
    if (tools.ytDlp === null) throw new Error('yt-dlp was not found. Run: npm run tools');
    const usual = usualArgvs({ ytDlpVersion: tools.ytDlp.version, jsRuntime: null });
    const argv = usual.at(-1)?.map((word) => word.replaceAll('0'.repeat(24), 'a'.repeat(24))) ?? [];
    const target = await folder('jobs');
    const hosts = [{}, { landlockAbi: 0 }].map((kernel) =>
      createEngineHost({ tools, logger, usualArgvs: () => usual, ...kernel }),
    );
    const values: [number[], number[]] = [[], []];

    async function jobMs(host: EngineHost): Promise<number> {
      const workFolder = await mkdtemp(join(target, 'job-'));
      const { closed } = openEngineJob(
        host.current()?.socketPath ?? '',
        {
          program: 'yt-dlp',
          argv: [...argv, origin.fresh(ONE_MB).url],
          folder: workFolder,
          limits: { fileSizeBytes: 1e9, memoryBytes: 2 ** 31 },
          egress: { allow: [origin.hostPort], proxy: null },
        },
        { onLine: () => undefined, onControl: () => undefined },
      );
      const { status, cpuSeconds } = await closed;
      if (status !== 0 || cpuSeconds === null) throw new Error('A download of the bench failed.');
      await rm(workFolder, { recursive: true });
      return cpuSeconds * 1000;
    }

    async function measure(side: 0 | 1): Promise<void> {
      const host = hosts[side];
      if (host === undefined) return;
      let sum = 0;
      for (let job = 0; job < JOBS; job += 1) sum += await jobMs(host);
      values[side].push(sum / JOBS);
    }

    try {
      while (hosts.some((host) => host.current()?.tier !== 'warm')) await sleep(100);
      await alternate(1, [() => measure(0), () => measure(1)]);
      values.forEach((side) => side.splice(0));
      await alternate(ROUNDS, [() => measure(0), () => measure(1)]);
    } finally {
      await Promise.all(hosts.map((host) => host.close()));
    }
    const [ours, theirs] = values;
    return [
      {
        title: 'CPU time of a job of 1 MB in the sandbox',
        unit: 'ms',
        ours,
        theirs: { name: 'the same without a sandbox', values: theirs },
        goal: 1.03,
        note: 'Of the job alone: what the server does for a small download, as much again, is not counted.',
      },
    ];
  },
};
