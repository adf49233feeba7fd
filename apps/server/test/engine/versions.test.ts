import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BASIC_ARGV, TIERS, startEngine } from './engine-under-test.ts';

it.each(TIERS)(
  'an ffmpeg that is killed while it is asked for its version is not missing to a job of the %s engine',
  async (tier) => {
    const folder = await mkdtemp(join(tmpdir(), 'versions-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [ffmpegPath, asked] = [join(folder, 'ffmpeg'), join(folder, 'asked')];
    await writeFile(
      ffmpegPath,
      `#!/bin/sh\n[ -e ${asked} ] || { : > ${asked}; kill -9 $$; }\necho 'ffmpeg version 7.1'\n`,
    );
    await chmod(ffmpegPath, 0o755);
    const info = join(folder, 'info.json');
    await writeFile(info, JSON.stringify({ id: 'a', title: 'A', url: 'http://127.0.0.1/a.mp4' }));
    const engine = await startEngine(tier, { ffmpegPath });
    onTestFinished(() => engine.close());
    const { lines } = await engine.run({
      argv: [...BASIC_ARGV, '-v', '--ffmpeg-location', ffmpegPath].concat(
        ['--simulate', '--load-info-json'],
        info,
      ),
    });
    expect(lines.find((line) => line.includes('exe versions'))).toContain('ffmpeg 7.1');
  },
  60_000,
);
