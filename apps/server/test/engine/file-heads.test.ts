import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureMedia } from '../origin/media.ts';
import { saying } from '../origin/hostile-routes.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import { TIERS, downloadArgv } from './engine-under-test.ts';
import { runCases } from './python-cases.ts';
import { sharedEngine, type SharedEngine } from './shared-engine.ts';

type Kind = 'media' | 'subtitle' | 'picture' | 'input';

const LIST =
  '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///tmp/secret.ts\n#EXT-X-ENDLIST\n';
const SRT = '1\n00:00:01,000 --> 00:00:02,000\nOne.\n';
const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** A tag of this many bytes that ffmpeg skips before it looks what a file is. */
const id3 = (length: number, version = 4, flags = 0) =>
  Buffer.concat([
    Buffer.from([0x49, 0x44, 0x33, version, 0, flags, 0, 0, length >> 7, length & 0x7f]),
    Buffer.alloc(length + (flags === 0 ? 0 : 10)),
  ]);
const withBom = (text: string) => Buffer.from(`\uFEFF${text}`);

async function judge(cases: readonly { kind: Kind; content?: Buffer; path?: string }[]) {
  const input = cases.map(({ content, ...fields }) => ({
    ...fields,
    ...(content && { content: content.toString('base64') }),
  }));
  const folder = await ensureMedia();
  return (await runCases('file_heads_cases.py', folder, JSON.stringify(input))) as (
    | string
    | null
  )[];
}

const REFUSED: readonly (readonly [Kind, string, string | Buffer])[] = [
  ['media', 'a playlist', LIST],
  ['media', 'a playlist', `#extm3u${LIST.slice(7)}`],
  ['media', 'a playlist', withBom(LIST)],
  ['media', 'a playlist', `\r\n \t${LIST}`],
  ['media', 'a playlist', `${LIST}\0\x01\x02`],
  ['media', 'a playlist', Buffer.concat([id3(0), latin1(LIST)])],
  ['media', 'a playlist', Buffer.concat([id3(9000), latin1(LIST)])],
  ['media', 'a playlist', Buffer.concat([id3(20, 4, 0x10), latin1(LIST)])],
  ['media', 'a playlist', Buffer.concat([id3(20), id3(30), latin1(LIST)])],
  ['media', 'a playlist', '[playlist]\nFile1=file:///tmp/secret.ts\n'],
  ['media', 'a list of files', "ffconcat version 1.0\nfile '/tmp/secret.ts'\n"],
  ['media', 'a session description', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n'],
  [
    'media',
    'a session description',
    latin1('\x01\x80\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n'),
  ],
  [
    'media',
    'a manifest',
    '<?xml version="1.0"?>\n<MPD profiles="urn:mpeg:dash:profile:full:2011"/>',
  ],
  [
    'media',
    'a manifest',
    '\n<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"/>',
  ],
  ['media', 'XML', '<asx version="3.0"><entry/></asx>'],
  ['media', 'XML', latin1('<?xml version="1.0" encoding="latin1"?><a>\xe9\xe8\xea</a>')],
  ['media', 'a web page', '<!DOCTYPE html><html></html>'],
  ['media', 'text', '{"error":"gone", "code":404}'],
  ['media', 'text', 'Über allen Gipfeln ist Ruh, in allen Wipfeln'],
  ['media', 'text', latin1('\xdcber allen Gipfeln ist Ruh, in allen Wipfeln')],
  ['media', 'text', Buffer.from('\uFEFFWEBVTT and more of it', 'utf16le')],
  ['media', 'text', SRT],
  ['subtitle', 'a playlist', LIST],
  ['subtitle', 'a playlist', `\n${LIST} 1 --> 2`],
  ['subtitle', 'a playlist', Buffer.concat([id3(5), latin1(LIST)])],
  ['subtitle', 'a list of files', `ffconcat version 1.0\n${SRT}`],
  ['subtitle', 'a web page', `<!doctype html><html><!-- ${SRT} --></html>`],
  ['subtitle', 'XML', `<?xml version="1.0"?><!-- <tt> --><a>${SRT}</a>`],
  ['subtitle', 'text', 'This is not a subtitle.'],
  ['subtitle', 'text', `# VobSub index file, v7\n${SRT}`],
  ['subtitle', 'a session description', `{"a":\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n${SRT}`],
  ['picture', 'a playlist', LIST],
  [
    'picture',
    'XML',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///tmp/secret"/></svg>',
  ],
  ['picture', 'something else', Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0')],
  ['input', 'a playlist', LIST],
  ['input', 'a web page', '<html><body></body></html>'],
];

const ACCEPTED: readonly (readonly [Kind, string, string | Buffer])[] = [
  ['media', 'empty', ''],
  ['media', 'sound behind a tag', Buffer.concat([id3(40), latin1('\xff\xfb\x90\x64\0\0')])],
  ['media', 'a tag alone', id3(40)],
  ['media', 'AMR', latin1('#!AMR\n\x3c\x08\x55\x96\xb0\x41\xe1\x60\x00\x00\x00\x01')],
  ['media', 'bytes of nothing known', latin1('<\x01\x02\x03\x04'.repeat(8))],
  ['media', 'zeros', Buffer.alloc(3000)],
  ['media', 'a tag that says that it is too long', latin1('ID3\x04\0\0\xff\xff\xff\xff\0\0\0')],
  ['subtitle', 'WebVTT', 'WEBVTT\n\nNOTE nothing yet'],
  ['subtitle', 'WebVTT with a mark', withBom('WEBVTT')],
  ['subtitle', 'SubRip', SRT],
  ['subtitle', 'SubRip in UTF-16', Buffer.from(`\uFEFF${SRT}`, 'utf16le')],
  ['subtitle', 'SubRip in another alphabet', latin1(`${SRT}\xef\xf0\xe8\xe2\xe5\xf2\n`)],
  [
    'subtitle',
    'TTML',
    '<?xml version="1.0"?>\n<!-- made by hand -->\n<tt xmlns="http://www.w3.org/ns/ttml"/>',
  ],
  ['subtitle', 'TTML with a prefix', '<tt:tt xmlns:tt="http://www.w3.org/ns/ttml"/>'],
  ['subtitle', 'SSA', '[Script Info]\nTitle: x'],
  ['subtitle', 'those of YouTube', '{"wireMagic": "pb3"}'],
  [
    'subtitle',
    'those of YouTube as XML',
    '<?xml version="1.0" encoding="utf-8" ?><timedtext format="3"/>',
  ],
  ['subtitle', 'lyrics', '[ar:Somebody]\n[00:12.00]La la'],
  ['subtitle', 'MicroDVD', '{0}{25}One'],
  ['picture', 'PNG', latin1('\x89PNG\r\n\x1a\n\0\0')],
  ['picture', 'WebP', latin1('RIFF\x10\0\0\0WEBPVP8 ')],
  ['picture', 'AVIF', latin1('\0\0\0\x1cftypavif')],
  ['input', 'metadata of our own', ';FFMETADATA1\ntitle=x\n'],
  ['input', 'a subtitle', SRT],
];

describe('the type of a file by its first bytes', () => {
  it('is judged by content alone', async () => {
    const cases = [...REFUSED, ...ACCEPTED].map(([kind, , content]) => ({
      kind,
      content: Buffer.from(content),
    }));
    expect(await judge(cases)).toEqual([
      ...REFUSED.map(
        ([kind, what]) => `The file is no ${kind === 'input' ? 'media' : kind}: it is ${what}`,
      ),
      ...ACCEPTED.map(() => null),
    ]);
  });

  it('is recognised for every file of the test media', async () => {
    const names = await readdir(await ensureMedia(), { recursive: true });
    const kinds: Readonly<Record<string, Kind>> = {
      jpg: 'picture',
      vtt: 'subtitle',
      srt: 'subtitle',
    };
    const media = names.filter(
      (name) => /\.(mp4|webm|m4a|mp3|ts|m4s|jpg|vtt|srt)$/.test(name) && !name.includes('hls-aes'),
    );
    expect(media.length).toBeGreaterThan(30);
    const cases = media.map((path) => ({
      kind: kinds[path.split('.').at(-1) ?? ''] ?? 'media',
      path,
    }));
    expect(await judge(cases)).toEqual(media.map(() => null));
    const lists = names.filter((name) => /\.(m3u8|mpd)$/.test(name));
    const answers = await judge(lists.map((path) => ({ kind: 'media', path })));
    for (const answer of answers) expect(answer).toMatch(/a (playlist|manifest)$/);
  });
});

describe.each(TIERS)('a process of the %s engine', { timeout: 60_000 }, (tier) => {
  let engine: SharedEngine;
  let origin: Origin;

  beforeAll(async () => {
    [origin, engine] = await Promise.all([startOrigin(), sharedEngine(tier)]);
  }, 60_000);

  afterAll(() => Promise.all([engine.close(), origin.close()]));

  async function run(path: string, ...options: readonly string[]) {
    const { exit, lines, folder } = await engine.run({
      argv: downloadArgv(`${origin.url}${path}`, '--abort-on-unavailable-fragments', ...options),
      egress: { allow: [origin.hostPort], proxy: null },
    });
    // What belongs to the media; records of ours may lie beside it.
    const files = (await readdir(folder)).filter((name) => !name.startsWith('resume-')).sort();
    return { status: exit.status, text: lines.join('\n'), files };
  }

  const stream = (segment: string) =>
    saying(
      'list.m3u8',
      `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${segment}\n#EXT-X-ENDLIST\n`,
      'application/vnd.apple.mpegurl',
    );

  it('gives ffmpeg no segment that is a playlist, encrypted or not', async () => {
    const { status, text } = await run(
      stream(saying('0.ts', LIST)),
      '-N',
      '8',
      '--remux-video',
      'mkv',
    );
    expect(status).toBe(1);
    expect(text).toContain('ERROR: The file is no media: it is a playlist');
    expect(text).not.toContain('[VideoRemuxer]');
    const encrypted = await run('/media/hls-aes/index.m3u8', '-N', '8');
    expect(encrypted).toMatchObject({ status: 0, files: ['media.mp4'] });
  });

  // The same code runs in every tier; above is what another tier has done elsewhere or at another time.
  if (tier !== TIERS[0]) return;

  it('keeps no file that is a web page', async () => {
    const { status, text, files } = await run('/fault/html.mp4', '-x');
    expect(status).toBe(1);
    expect(text).toContain('it is a web page');
    expect(files).toEqual([]);
  });

  it('continues without a subtitle and a picture that would fill its memory', async () => {
    const parts = { tracks: 'en=/packed/x.vtt?mib=300', thumbnail: '/packed/x.jpg?mib=300' };
    const page = `/page/video.html?${new URLSearchParams(parts)}`;
    const { status, text, files } = await run(page, '--write-subs', '--write-thumbnail');
    expect(status).toBe(0);
    expect(files).toEqual(['media.mp4']);
    expect(text.match(/larger than 64 MiB/g)).toHaveLength(2);
  });

  it.each([
    ['/page/gzip-bomb.html?mib=100', 'larger than 64 MiB'],
    ['/page/deep.html', 'nested too deeply'],
  ])('reports unreadable content as such: %s', async (path, words) => {
    const { status, text } = await run(path);
    expect(status).toBe(1);
    expect(text).toContain(words);
    expect(text).not.toMatch(/Traceback|please report this issue/);
  });
});
