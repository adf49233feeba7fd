import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCutShort, readMp4Index } from '../../../src/worker/media/mp4-index.ts';
import { ensureMedia, ffmpegPath } from '../../origin/media.ts';

let media: string;
let folder: string;

beforeAll(async () => {
  media = await ensureMedia();
  folder = await mkdtemp(join(tmpdir(), 'artemis-mp4-'));
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function made(name: string, options: string): Promise<string> {
  const path = join(folder, name);
  const args = ['-v', 'error', '-nostdin', '-y', ...options.split(' '), path];
  await promisify(execFile)(ffmpegPath, args, { cwd: media });
  return path;
}

async function stored(name: string, content: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The good file after one field was set, four bytes behind the name of a box and so many after it. */
async function withField(box: string, offset: number, value: number): Promise<string> {
  const content = Buffer.from(await readFile(join(media, 'faststart.mp4')));
  content.writeUInt32BE(value, content.indexOf(box) + 4 + offset);
  return stored('changed.mp4', content);
}

describe('the index of an mp4', () => {
  it('agrees with ffprobe on a complete file', async () => {
    for (const name of ['clip-720.mp4', 'faststart.mp4']) {
      const found = await readMp4Index(join(media, name));
      const height = name === 'clip-720.mp4' ? 720 : 360;
      expect(found).toMatchObject({ formatName: 'mov,mp4,m4a,3gp,3g2,mj2', durationSeconds: 8 });
      expect(found?.streams).toMatchObject([
        { index: 0, type: 'video', codec: 'h264', height, fps: 25, endSeconds: 8 },
        { index: 1, type: 'audio', codec: 'aac', width: null, fps: null },
      ]);
      expect(found?.packetEnds.get(1)).toBeCloseTo(8, 1);
    }
  });

  it('names the audio codec by its content', async () => {
    for (const [codec, encoder] of [
      ['mp3', 'libmp3lame'],
      ['opus', 'libopus'],
      ['alac', 'alac'],
    ]) {
      const path = await made(`${codec}.mp4`, `-i clip-360.mp4 -c:v copy -c:a ${encoder}`);
      expect((await readMp4Index(path))?.streams[1]?.codec).toBe(codec);
    }
  });

  it('distinguishes chapters and subtitles from video and audio', async () => {
    const subtitled = await made(
      'subtitled.mp4',
      '-i clip-360.mp4 -i subtitles.en.vtt -c copy -c:s mov_text',
    );
    const types = (found: Awaited<ReturnType<typeof readMp4Index>>) =>
      found?.streams.map(({ type }) => type);
    expect(types(await readMp4Index(subtitled))).toEqual(['video', 'audio', 'subtitle']);
    expect(types(await readMp4Index(join(media, 'chapters.mp4')))).toEqual([
      'video',
      'audio',
      'other',
    ]);
  });
});

describe('the length of an mp4', () => {
  it('is that of video and audio, even if its chapters last longer', async () => {
    const found = await readMp4Index(join(media, 'kinds/late-chapters.mp4'));
    expect(found?.durationSeconds).toBeCloseTo(8, 1);
  });

  it('shows a hole where a piece was left out', async () => {
    const pieces = ['00', '01', '03'].map((number) => `hls/v360-${number}.ts`).join('|');
    const joined = await made('hole.mp4', `-i concat:${pieces} -c copy`);
    expect((await readMp4Index(joined))?.holes?.get(0)).toBeCloseTo(2, 0);
    const whole = await readMp4Index(join(media, 'clip-360.mp4'));
    expect([...(whole?.holes?.values() ?? [])]).toEqual([0, 0]);
  });
});

describe('a truncated mp4', () => {
  it('is recognised by its boxes, however little is missing', async () => {
    const fragments = await made(
      'in-fragments.mp4',
      '-i clip-360.mp4 -c copy -movflags frag_keyframe+empty_moov+omit_tfhd_offset',
    );
    for (const path of [join(media, 'faststart.mp4'), fragments]) {
      const whole = await readFile(path);
      expect(await isCutShort(path)).toBe(false);
      const last = path === fragments ? whole.lastIndexOf('mdat') + 8 : whole.length - 1;
      const short = await stored('cut.mp4', whole.subarray(0, last));
      expect(await isCutShort(short)).toBe(true);
    }
  });

  it('is not a whole one behind which a server has put a newline', async () => {
    const whole = await readFile(join(media, 'faststart.mp4'));
    const path = await stored('newline.mp4', Buffer.concat([whole, Buffer.from('\r\n')]));
    expect(await isCutShort(path)).toBe(false);
  });

  it('is not confused with another container or a lookalike', async () => {
    for (const name of ['clip.webm', 'audio.mp3', 'hls/v360-00.ts']) {
      expect(await isCutShort(join(media, name)), name).toBe(false);
    }
    for (const text of ['', 'x', '0000ftyp', '\0\0\0\0ftyp']) {
      expect(await isCutShort(await stored('odd.mp4', Buffer.from(text))), text).toBe(false);
    }
  });
});

describe('left to ffprobe', () => {
  it('is a file truncated anywhere', async () => {
    const whole = await readFile(join(media, 'faststart.mp4'));
    for (const length of [0, 7, 20, 500, 3000, whole.length >> 1, whole.length - 1]) {
      const path = await stored('short.mp4', whole.subarray(0, length));
      expect(await readMp4Index(path), `${length} bytes`).toBeNull();
    }
  });

  it('are other containers and fragmented mp4', async () => {
    const fragments = await made(
      'fragments.mp4',
      '-i clip-360.mp4 -c copy -movflags frag_keyframe+empty_moov',
    );
    for (const path of [
      fragments,
      join(media, 'clip.webm'),
      join(media, 'audio.mp3'),
      join(media, 'hls/master.m3u8'),
      join(media, 'hls/v360-00.ts'),
    ]) {
      expect(await readMp4Index(path), path).toBeNull();
    }
  });

  it('are samples outside the data, more samples than times, and no samples', async () => {
    expect(await readMp4Index(await withField('stco', 8, 40))).toBeNull();
    expect(await readMp4Index(await withField('stco', 8, 0xffff_0000))).toBeNull();
    expect(await readMp4Index(await withField('stsz', 8, 1))).toBeNull();
    expect(await readMp4Index(await withField('stsz', 8, 0))).toBeNull();
    expect(await readMp4Index(await withField('stsz', 4, 1_000_000))).toBeNull();
  });

  it('are a track in another file, and an unknown codec', async () => {
    const good = await readFile(join(media, 'faststart.mp4'));
    expect(await readMp4Index(await withField('url ', 0, 0))).toBeNull();
    const strange = Buffer.from(good);
    strange.write('abcd', strange.indexOf('avc1', strange.indexOf('stsd')), 'latin1');
    expect(await readMp4Index(await stored('strange.mp4', strange))).toBeNull();
  });

  it('is a header that promises more than the samples last', async () => {
    expect(await readMp4Index(await withField('mvhd', 16, 60_000))).toBeNull();
  });

  it('is any inconsistent file, without an error', async () => {
    const good = await readFile(join(media, 'faststart.mp4'));
    const indexEnd = good.indexOf('mdat');
    for (let at = 0; at < indexEnd; at += 41) {
      const bad = Buffer.from(good.subarray(0, indexEnd + 8));
      bad[at] = (bad[at] ?? 0) ^ 0xff;
      expect(await readMp4Index(await stored('bad.mp4', bad)), `byte ${at}`).toBeNull();
    }
  });
});
