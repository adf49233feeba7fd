import { createCipheriv } from 'node:crypto';
import type { Exchange } from '../origin/exchange.ts';
import { readMedia, sendText } from '../origin/exchange.ts';
import type { Origin } from '../origin/origin.ts';

/** Answers a segment wrongly; undefined: as it is. `count` says how often this segment was asked for, from 1. */
export type SegmentFault = (exchange: Exchange, count: number) => boolean | undefined;

export interface SegmentGate {
  /** Segments whose answer was sent, by path. */
  readonly sent: Map<string, number>;
  /** So many segments are answered from now on, the others are held. */
  allow(count: number): void;
  /** Resolves when a segment is held. */
  held(): Promise<void>;
  /** By what the path of a segment ends with, as `ts/segment-07.ts`. */
  readonly faults: Map<string, SegmentFault>;
  /** By the path of a playlist: its text made another. */
  readonly edits: Map<string, (text: string) => string>;
}

const AES_KEY = Buffer.from('sixteen-byte-key');
/** HLS whose segments have no vector: it is their number in the playlist. */
export const AES_PATH = '/many-aes/index.m3u8';
export const AES_KEY_HEX = AES_KEY.toString('hex');

/** Stands before an origin: holds segments, so that a download is interrupted where a test wants it. */
export function createSegmentGate(origin: Origin): SegmentGate {
  let left = Infinity;
  let tell = (): void => undefined;
  let isHeld = new Promise<void>((resolve) => (tell = resolve));
  const waiting = new Set<() => void>();
  const asked = new Map<string, number>();
  const sent = new Map<string, number>();
  const faults = new Map<string, SegmentFault>();
  const edits = new Map<string, (text: string) => string>();

  async function pass(exchange: Exchange): Promise<void> {
    while (left <= 0 && !exchange.response.destroyed) {
      tell();
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        exchange.response.once('close', resolve);
      });
    }
    left -= 1;
  }

  origin.intercept = async (exchange) => {
    const { path } = exchange;
    if (path.endsWith('/many-aes/key.bin')) {
      exchange.response.writeHead(200, { 'Content-Length': AES_KEY.length }).end(AES_KEY);
      return true;
    }
    if (path.endsWith('.m3u8') || path.endsWith('.mpd')) return playlist(exchange);
    if (!/\/many(-aes)?\/.*\.(ts|m4s|mp4)$/.test(path)) return false;
    await pass(exchange);
    const count = (asked.get(path) ?? 0) + 1;
    asked.set(path, count);
    for (const [end, fault] of faults) {
      if (path.endsWith(end) && fault(exchange, count) === true) return true;
    }
    sent.set(path, (sent.get(path) ?? 0) + 1);
    if (!path.startsWith('/many-aes/')) return false;
    const number = Number(/(\d+)\.ts$/.exec(path)?.[1]);
    const vector = Buffer.alloc(16);
    vector.writeUInt32BE(number, 12);
    const cipher = createCipheriv('aes-128-cbc', AES_KEY, vector);
    const plain = await readMedia(exchange, path.replace('/many-aes/', 'many/ts/'));
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    exchange.response.writeHead(200, { 'Content-Length': body.length }).end(body);
    return true;
  };

  async function playlist(exchange: Exchange): Promise<boolean> {
    const edit = edits.get(exchange.path);
    const isAes = exchange.path === AES_PATH;
    if (edit === undefined && !isAes) return false;
    const name = isAes ? 'many/ts/index.m3u8' : exchange.path.slice('/media/'.length);
    const text = (await readMedia(exchange, name)).toString();
    const keyed = isAes
      ? text.replace('#EXTINF', '#EXT-X-KEY:METHOD=AES-128,URI="key.bin"\n#EXTINF')
      : text;
    const isHls = exchange.path.endsWith('.m3u8');
    const type = isHls ? 'application/vnd.apple.mpegurl' : 'application/dash+xml';
    sendText(exchange, edit?.(keyed) ?? keyed, type);
    return true;
  }

  return {
    sent,
    faults,
    edits,
    allow(count) {
      left = count;
      isHeld = new Promise<void>((resolve) => (tell = resolve));
      for (const go of waiting) go();
      waiting.clear();
    },
    held: () => isHeld,
  };
}
