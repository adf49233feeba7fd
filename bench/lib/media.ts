import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureMedia } from '../../apps/server/test/origin/media.ts';

export const SEGMENTS = 200;

const picture = `testsrc2=size=320x180:rate=15:duration=${SEGMENTS}`;
const tone = `sine=frequency=440:sample_rate=44100:duration=${SEGMENTS}`;
const encoding =
  '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 15 -keyint_min 15 -sc_threshold 0 -crf 30 -c:a aac -b:a 64k';

const recipes = [
  `-f lavfi -i ${picture} -f lavfi -i ${tone} ${encoding} long.mp4`,
  '-i long.mp4 -c copy -f hls -hls_time 1 -hls_playlist_type vod -hls_segment_filename hls/%03d.ts hls/index.m3u8',
  '-i long.mp4 -c copy -f dash -seg_duration 1 -use_template 1 -use_timeline 0 dash/manifest.mpd',
];

/** A folder with `clip.mp4`, `hls/` and `dash/` of 200 segments each; made once, then kept in the temporary folder. */
export async function ensureBenchMedia(ffmpegPath: string): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(recipes)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `artemis-bench-media-${userInfo().uid}`, key);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${randomUUID()}`;
  for (const name of ['hls', 'dash']) await mkdir(join(draft, name), { recursive: true });
  await writeFile(
    join(draft, 'clip.mp4'),
    await readFile(join(await ensureMedia(), 'faststart.mp4')),
  );
  try {
    for (const recipe of recipes) {
      await promisify(execFile)(
        ffmpegPath,
        ['-v', 'error', '-nostdin', '-y', ...recipe.split(' ')],
        { cwd: draft },
      );
    }
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}
