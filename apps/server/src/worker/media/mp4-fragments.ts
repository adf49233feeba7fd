import { open, type FileHandle } from 'node:fs/promises';
import { boxesIn, boxHead } from './mp4-box.ts';
import { LEAST_HOLE_SECONDS } from './timeline.ts';

const MOST_HEAD_BYTES = 4 * 1024 * 1024;
/** A day in fragments of half a second has fewer, with four boxes each. */
const MOST_BOXES = 1_000_000;

interface Track {
  readonly timescale: number;
  readonly isPlayed: boolean;
  readonly defaultDuration: number;
  /** Where the last fragment ends, in ticks; null before the first one. */
  end: number | null;
  hole: number;
}

/**
 * For each audio or video track of a fragmented mp4, the longest hole between two fragments in seconds, 0 for none. Reads only the
 * heads of the fragments. Empty for other files. Never rejects because of the content.
 */
export async function holesBetweenFragments(path: string): Promise<readonly number[]> {
  const file = await open(path, 'r');
  try {
    const tracks = new Map<number, Track>();
    for await (const { name, content } of headsOf(file)) {
      if (name === 'moov') takeTracks(content, tracks);
      else takeFragment(content, tracks);
    }
    return [...tracks.values()]
      .filter(({ isPlayed }) => isPlayed)
      .map(({ hole, timescale }) => hole / timescale)
      .map((seconds) => (seconds > LEAST_HOLE_SECONDS ? seconds : 0));
  } catch (error) {
    // A field is outside its box.
    if (error instanceof RangeError) return [];
    throw error;
  } finally {
    await file.close();
  }
}

async function* headsOf(file: FileHandle): AsyncGenerator<{ name: string; content: Buffer }> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(16);
  for (let at = 0, count = 0; at + 8 <= size && count < MOST_BOXES; count += 1) {
    const { bytesRead } = await file.read(bytes, 0, 16, at);
    const { name, headBytes, length } = boxHead(bytes.subarray(0, bytesRead), size - at);
    if (length < headBytes || (at === 0 && name !== 'ftyp')) return;
    if ((name === 'moov' || name === 'moof') && length <= MOST_HEAD_BYTES) {
      const content = Buffer.alloc(length - headBytes);
      await file.read(content, 0, content.length, at + headBytes);
      yield { name, content };
    }
    at += length;
  }
}

function takeTracks(index: Buffer, tracks: Map<number, Track>): void {
  const durations = new Map<number, number>();
  for (const { content } of all(index, 'mvex')) {
    for (const { content: trex } of all(content, 'trex')) {
      durations.set(trex.readUInt32BE(4), trex.readUInt32BE(12));
    }
  }
  for (const { content: track } of all(index, 'trak')) {
    const [head] = all(track, 'tkhd');
    const [media] = all(track, 'mdia');
    const [mediaHead] = media === undefined ? [] : all(media.content, 'mdhd');
    const [handler] = media === undefined ? [] : all(media.content, 'hdlr');
    if (head === undefined || mediaHead === undefined || handler === undefined) continue;
    const id = head.content.readUInt32BE(head.content.readUInt8(0) === 1 ? 20 : 12);
    const isLong = mediaHead.content.readUInt8(0) === 1;
    tracks.set(id, {
      timescale: Math.max(1, mediaHead.content.readUInt32BE(isLong ? 20 : 12)),
      isPlayed: ['vide', 'soun'].includes(handler.content.toString('latin1', 8, 12)),
      defaultDuration: durations.get(id) ?? 0,
      end: null,
      hole: 0,
    });
  }
}

function takeFragment(fragment: Buffer, tracks: ReadonlyMap<number, Track>): void {
  for (const { content: part } of all(fragment, 'traf')) {
    const [head] = all(part, 'tfhd');
    const [time] = all(part, 'tfdt');
    const track = head && tracks.get(head.content.readUInt32BE(4));
    if (track === undefined || time === undefined || head === undefined) continue;
    const isLong = time.content.readUInt8(0) === 1;
    const begin = isLong ? Number(time.content.readBigUInt64BE(4)) : time.content.readUInt32BE(4);
    const duration = defaultDuration(head.content) ?? track.defaultDuration;
    const runs = [...all(part, 'trun')].map(({ content }) => runDuration(content, duration));
    if (track.end !== null) track.hole = Math.max(track.hole, begin - track.end);
    track.end = begin + runs.reduce((sum, ticks) => sum + ticks, 0);
  }
}

/** The default duration in `tfhd`, after the optional fields before it. */
function defaultDuration(head: Buffer): number | null {
  const flags = head.readUInt32BE(0) & 0xffffff;
  if ((flags & 0x8) === 0) return null;
  return head.readUInt32BE(8 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0));
}

function runDuration(run: Buffer, otherwise: number): number {
  const flags = run.readUInt32BE(0) & 0xffffff;
  const count = run.readUInt32BE(4);
  if ((flags & 0x100) === 0) return count * otherwise;
  const width = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4;
  const start = 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
  let ticks = 0;
  for (let sample = 0; sample < count; sample += 1)
    ticks += run.readUInt32BE(start + sample * width);
  return ticks;
}

function* all(box: Buffer, name: string): Generator<{ content: Buffer }> {
  for (const found of boxesIn(box)) if (found.name === name) yield found;
}
