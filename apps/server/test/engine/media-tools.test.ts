import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BASIC_ARGV, TIERS, startEngine } from './engine-under-test.ts';

/** A host asks five times; what it does not learn, its jobs ask again. */
const DEATHS = { warm: [1, 6], cold: [1] };

it.each(TIERS.flatMap((tier) => DEATHS[tier].map((deaths) => ({ tier, deaths }))))(
  'a job of the $tier engine uses the ffmpeg that was chosen, and asks it again when it is killed $deaths times before it answers',
  async ({ tier, deaths }) => {
    const folder = await mkdtemp(join(tmpdir(), 'media-tools-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    // The name is none that yt-dlp would look for.
    const [ffmpegPath, asked] = [join(folder, 'my-encoder'), join(folder, 'asked')];
    await writeFile(
      ffmpegPath,
      `#!/bin/sh\necho asked >> ${asked}\n[ $(wc -l < ${asked}) -le ${deaths} ] && kill -9 $$\necho 'ffmpeg version 7.1-chosen'\n`,
    );
    await chmod(ffmpegPath, 0o755);
    const info = join(folder, 'info.json');
    await writeFile(info, JSON.stringify({ id: 'a', title: 'A', url: 'http://127.0.0.1/a.mp4' }));
    const engine = await startEngine(tier, { ffmpegPath });
    onTestFinished(() => engine.close());
    const { lines } = await engine.run({
      argv: [...BASIC_ARGV, '-v', '--simulate', '--load-info-json', info],
    });
    expect(lines.find((line) => line.includes('exe versions'))).toContain('ffmpeg 7.1-chosen');
    // A warm host asks once for all its jobs.
    expect((await readFile(asked, 'utf8')).trim().split('\n')).toHaveLength(deaths + 1);
  },
  60_000,
);
