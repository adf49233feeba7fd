import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tools } from '../../apps/server/src/adapters/tools/tools.ts';
import { toolsUnderTest } from '../../apps/server/test/tools-under-test.ts';
import { startArtemis, type Artemis } from './artemis.ts';
import { endChildren } from './children.ts';
import { ensureBenchMedia } from './media.ts';
import { startOrigin, type Origin } from './origin.ts';
import type { Measure } from './stats.ts';
import { bareYtDlp, startWarmProcess, type BareYtDlp, type WarmProcess } from './yt-dlp.ts';

/** What a row measures with. Everything it starts here is ended by the run. */
export interface Bench {
  readonly origin: Origin;
  readonly tools: Tools;
  readonly ytDlp: BareYtDlp;
  /** A server of its own, warm, without other work. The row stops it. */
  startArtemis(environment?: Readonly<Record<string, string>>): Promise<Artemis>;
  startWarmProcess(isShared: boolean): Promise<WarmProcess>;
  /** An empty folder that the run removes. */
  folder(name: string): Promise<string>;
}

export interface Row {
  readonly name: string;
  run(bench: Bench): Promise<readonly Measure[]>;
}

/** At least seven, because the figures are medians. */
export const ROUNDS = 7;

/** Enough for anything a row does at once. */
export const MANY_AT_ONCE = { MAX_WORKERS: '8', MAX_PER_HOST: '8' };

export async function openBench(): Promise<{ bench: Bench; close(): Promise<void> }> {
  const tools = await toolsUnderTest();
  const ytDlp = bareYtDlp(tools);
  const media = await ensureBenchMedia(tools.ffmpeg?.path ?? 'ffmpeg');
  const root = await mkdtemp(join(tmpdir(), 'artemis-bench-'));
  const origin = await startOrigin(media);
  let count = 0;
  async function folder(name: string): Promise<string> {
    count += 1;
    const path = join(root, `${count}-${name}`);
    await mkdir(path);
    return path;
  }
  return {
    bench: {
      origin,
      tools,
      ytDlp,
      folder,
      startArtemis: async (environment = {}) =>
        startArtemis({
          folder: await folder('server'),
          egressAllow: origin.hostPort,
          environment,
        }),
      startWarmProcess: async (isShared) =>
        startWarmProcess(tools, await folder('in-process'), isShared),
    },
    async close() {
      await endChildren();
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/**
 * Runs the sides one after another, alternately from the first and from the last, so that a load that comes and goes
 * affects them equally.
 */
export async function alternate(
  rounds: number,
  sides: readonly ((round: number) => Promise<void>)[],
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) await side(round);
  }
}
