import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BASIC_ARGV, TIERS, startEngine } from './engine-under-test.ts';

it.each(TIERS)(
  'a job of the %s engine uses the ffmpeg that was chosen, and asks it again when it is killed before it answers',
  async (tier) => {
    const folder = await mkdtemp(join(tmpdir(), 'media-tools-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    // The name is none that yt-dlp would look for.
    const [ffmpegPath, asked] = [join(folder, 'my-encoder'), join(folder, 'asked')];
    await writeFile(
      ffmpegPath,
      `#!/bin/sh\necho asked >> ${asked}\n[ $(wc -l < ${asked}) = 1 ] && kill -9 $$\necho 'ffmpeg version 7.1-chosen'\n`,
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
    expect((await readFile(asked, 'utf8')).trim().split('\n')).toHaveLength(2);
  },
  60_000,
);
