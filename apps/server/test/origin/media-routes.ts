import path from 'node:path';
import { bufferBody, numberOf, readMedia, sendEntity, type Body, type Route } from './exchange.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4s': 'video/iso.segment',
  '.webm': 'video/webm',
  '.m4a': 'audio/mp4',
  '.mp3': 'audio/mpeg',
  '.ts': 'video/mp2t',
  '.mkv': 'video/x-matroska',
  '.avi': 'video/x-msvideo',
  '.flv': 'video/x-flv',
  '.wmv': 'video/x-ms-wmv',
  '.mpg': 'video/mpeg',
  '.ogv': 'video/ogg',
  '.aac': 'audio/aac',
  '.flac': 'audio/flac',
  '.wav': 'audio/wav',
  '.opus': 'audio/ogg',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mpd': 'application/dash+xml',
  '.vtt': 'text/vtt',
  '.srt': 'application/x-subrip',
  '.jpg': 'image/jpeg',
  '.bin': 'application/octet-stream',
};

export function contentTypeOf(name: string): string {
  return contentTypes[path.posix.extname(name)] ?? 'application/octet-stream';
}

/** The clip and, behind it, a `free` box that players skip: a valid mp4 of any size. */
function paddedClip(clip: Buffer, size: number): Body {
  const length = Math.max(size, clip.length + 16);
  const header = Buffer.alloc(16);
  // Box size 1 says that a 64-bit size follows the name.
  header.writeUInt32BE(1, 0);
  header.write('free', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(length - clip.length), 8);
  const front = Buffer.concat([clip, header]);
  const zeros = Buffer.alloc(256 * 1024);
  return {
    length,
    *read(start, end) {
      let at = start;
      while (at < end) {
        const chunk =
          at < front.length
            ? front.subarray(at, Math.min(front.length, end))
            : zeros.subarray(0, Math.min(zeros.length, end - at));
        yield chunk;
        at += chunk.length;
      }
    },
  };
}

export const mediaRoutes: readonly Route[] = [
  {
    path: '/media/*',
    about:
      'any file of media-recipes.ts with length, ranges, ETag: clip-360.mp4 clip-720.mp4 clip-1080.mp4 tiny.mp4 faststart.mp4 ' +
      'chapters.mp4 clip.webm audio.m4a audio.mp3 thumbnail.jpg subtitles.en.vtt subtitles.en.srt hls/master.m3u8 ' +
      'hls/v360.m3u8 hls-aes/index.m3u8 dash/manifest.mpd; ?kib_per_s= slows it down',
    async answer(exchange) {
      const name = exchange.path.slice('/media/'.length);
      await sendEntity(exchange, {
        body: bufferBody(await readMedia(exchange, name)),
        type: contentTypeOf(name),
        etag: `"${name}"`,
        kibPerSecond: numberOf(exchange.query, 'kib_per_s', 0),
      });
    },
  },
  {
    path: '/padded.mp4',
    about: 'a valid mp4 of ?size= bytes (default 64 MiB) with length, ranges, ETag; ?kib_per_s=',
    async answer(exchange) {
      const size = numberOf(exchange.query, 'size', 64 * 1024 * 1024);
      await sendEntity(exchange, {
        body: paddedClip(await readMedia(exchange, 'faststart.mp4'), size),
        type: 'video/mp4',
        etag: `"padded-${size}"`,
        kibPerSecond: numberOf(exchange.query, 'kib_per_s', 0),
      });
    },
  },
  {
    path: '/entry/*',
    about: 'the items of the feeds: /entry/<n>/clip.mp4, two seconds long',
    async answer(exchange) {
      await sendEntity(exchange, {
        body: bufferBody(await readMedia(exchange, 'tiny.mp4')),
        type: 'video/mp4',
        etag: '"tiny"',
        kibPerSecond: numberOf(exchange.query, 'kib_per_s', 0),
      });
    },
  },
  {
    path: '/extension/*',
    about:
      'a good mp4 served as video/mp4 under any name: /extension/clip.desktop .exe .html .svg .m3u8 .lnk .php, v1.0',
    async answer(exchange) {
      await sendEntity(exchange, {
        body: bufferBody(await readMedia(exchange, 'clip-360.mp4')),
        type: exchange.query.get('type') ?? 'video/mp4',
        etag: '"clip"',
      });
    },
  },
];
