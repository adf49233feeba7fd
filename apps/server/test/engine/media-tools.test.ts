import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startOrigin } from '../origin/origin.ts';
import {
  BASIC_ARGV,
  TIERS,
  downloadArgv,
  startEngine,
  type EngineUnderTest,
} from './engine-under-test.ts';

/** A host asks five times; what it does not learn, its jobs ask again. */
const DEATHS = [
  { tier: 'warm', deaths: 1, ofHost: 1, ofJob: 0, asked: { byHost: 2, byJob: 0 } },
  { tier: 'warm', deaths: 6, ofHost: 5, ofJob: 1, asked: { byHost: 5, byJob: 2 } },
  { tier: 'cold', deaths: 1, ofHost: 0, ofJob: 1, asked: { byHost: 0, byJob: 2 } },
] as const;

describe.each(DEATHS.filter(({ tier }) => TIERS.includes(tier)))(
  'a process of the $tier engine, when ffmpeg is killed $deaths times before it answers,',
  { timeout: 60_000 },
  ({ tier, deaths, ofHost, ofJob, asked }) => {
    let folder: string;
    let engine: EngineUnderTest;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'media-tools-'));
      // The name is none that yt-dlp would look for.
      const ffmpegPath = join(folder, 'my-encoder');
      // A job can write nowhere but in its own folder, which is its home.
      await writeFile(
        ffmpegPath,
        `#!/bin/sh
[ "$1" = -bsfs ] || kill -9 $$
asked=$HOME/asked deaths=${ofJob}
[ "$HOME" = / ] && asked=${folder}/asked deaths=${ofHost}
echo asked >> "$asked"
[ $(wc -l < "$asked") -le $deaths ] && kill -9 $$
echo 'ffmpeg version 7.1-chosen'
`,
      );
      await chmod(ffmpegPath, 0o755);
      engine = await startEngine(tier, { ffmpegPath });
    }, 60_000);

    afterAll(async () => {
      await engine.close();
      await rm(folder, { recursive: true });
    });

    async function newWorkFolder(name: string): Promise<string> {
      const workFolder = join(folder, name);
      await mkdir(workFolder);
      return workFolder;
    }

    it('uses the chosen ffmpeg, and asks it again', async () => {
      const workFolder = await newWorkFolder('asking');
      const info = { id: 'a', title: 'A', url: 'http://127.0.0.1/a.mp4' };
      await writeFile(join(workFolder, 'info.json'), JSON.stringify(info));
      const { lines } = await engine.run({
        argv: [...BASIC_ARGV, '-v', '--simulate', '--load-info-json', 'info.json'],
        folder: workFolder,
      });
      expect(lines.find((line) => line.includes('exe versions'))).toContain('ffmpeg 7.1-chosen');
      // A warm host asks once for all its jobs.
      expect({
        byHost: await lineCount(join(folder, 'asked')),
        byJob: await lineCount(join(workFolder, 'asked')),
      }).toEqual(asked);
    });

    // More deaths say the same.
    if (deaths > 1) return;

    it('reports which signal ended ffmpeg, also before it printed anything', async () => {
      const origin = await startOrigin();
      onTestFinished(() => origin.close());
      const { lines } = await engine.run({
        argv: downloadArgv(`${origin.url}/media/many/ts/index.m3u8`, '--fixup', 'force'),
        folder: await newWorkFolder('ending'),
        egress: { allow: [origin.hostPort], proxy: null },
      });
      expect(lines).toContain('ERROR: Postprocessing: ffmpeg exited with code -9');
    });
  },
);

async function lineCount(path: string): Promise<number> {
  return (await readFile(path, 'utf8').catch(() => '')).split('\n').length - 1;
}
