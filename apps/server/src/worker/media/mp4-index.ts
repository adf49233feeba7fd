import { open, type FileHandle } from 'node:fs/promises';
import { boxesIn, boxHead } from './mp4-box.ts';
import { readTrack, type Mp4Track, type Span } from './mp4-track.ts';
import type { MeasuredMedia, MeasuredStream } from './ffprobe.ts';

/** ffprobe's name for this container. */
const FORMAT_NAME = 'mov,mp4,m4a,3gp,3g2,mj2';
/** The size of the index of a day of video; ffprobe reads larger ones. */
const MAX_INDEX_BYTES = 32 * 1024 * 1024;
const MAX_BOXES = 32;
/** Share by which the length in the header may exceed the longest track. */
const DURATION_TOLERANCE = 0.02;

/**
 * What ffprobe would say about a complete mp4: the index is understood in full, and every sample in it is inside this file. Null
 * for all other files, good or bad; ffprobe must then examine them. Starting ffprobe takes more than twice the CPU time of a
 * small download. Never rejects because of the content.
 */
export async function readMp4Index(path: string): Promise<MeasuredMedia | null> {
  const file = await open(path, 'r');
  try {
    return await readMedia(file);
  } catch (error) {
    // A field is outside its box.
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.close();
  }
}

async function readMedia(file: FileHandle): Promise<MeasuredMedia | null> {
  const boxes = await readBoxes(file);
  const [index, ...others] = boxes?.filter(({ name }) => name === 'moov') ?? [];
  if (boxes?.[0]?.name !== 'ftyp' || index === undefined || others.length > 0) return null;
  if (index.end - index.start > MAX_INDEX_BYTES) return null;
  const { buffer } = await file.read(
    Buffer.alloc(index.end - index.start),
    0,
    index.end - index.start,
    index.start,
  );
  const data = boxes.filter(({ name }) => name === 'mdat');
  return mediaOf(buffer, data);
}

/**
 * Whether the last box of an mp4 is longer than the file. The packets of a file without its last moments may look complete; its
 * boxes do not. False for other containers.
 */
export async function isCutShort(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(16);
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(head, 0, 16, at);
      // Too few bytes for a box: some servers append a newline to every file.
      if (bytesRead < 8) return false;
      const { name, headBytes, length } = boxHead(head.subarray(0, bytesRead), size - at);
      if ((at === 0 && name !== 'ftyp') || length < headBytes) return false;
      at += length;
      if (at > size) return name === 'mdat' || name === 'moof' || name === 'moov';
    }
    return false;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  } finally {
    await file.close();
  }
}

interface Box extends Span {
  readonly name: string;
}

/** The boxes of the file without their heads; null when they do not end with the file, or the file is fragmented. */
async function readBoxes(file: FileHandle): Promise<readonly Box[] | null> {
  const { size } = await file.stat();
  const boxes: Box[] = [];
  const head = Buffer.alloc(16);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(head, 0, 16, at);
    if (bytesRead < 8 || boxes.length === MAX_BOXES) return null;
    const { name, headBytes, length } = boxHead(head.subarray(0, bytesRead), size - at);
    if (length < headBytes || at + length > size || name === 'moof') return null;
    boxes.push({ name, start: at + headBytes, end: at + length });
    at += length;
  }
  return boxes;
}

function mediaOf(index: Buffer, data: readonly Span[]): MeasuredMedia | null {
  let durationSeconds = 0;
  const tracks: Mp4Track[] = [];
  for (const { name, content } of boxesIn(index)) {
    if (name === 'mvex') return null;
    if (name === 'mvhd') durationSeconds = secondsIn(content);
    if (name !== 'trak') continue;
    const track = readTrack(content, data);
    if (track === null) return null;
    tracks.push(track);
  }
  const played = tracks.filter(({ type }) => type === 'video' || type === 'audio');
  const longestPlayed = Math.max(0, ...played.map(({ seconds }) => seconds));
  const longest = Math.max(0, ...tracks.map(({ seconds }) => seconds));
  if (played.length === 0 || !(durationSeconds > 0)) return null;
  if (longest < durationSeconds * (1 - DURATION_TOLERANCE)) return null;
  return {
    formatName: FORMAT_NAME,
    // Chapters and subtitles may last longer than the video.
    durationSeconds:
      longestPlayed < durationSeconds * (1 - DURATION_TOLERANCE) ? longestPlayed : durationSeconds,
    startSeconds: 0,
    streams: tracks.map(streamOf),
    packetEnds: new Map(tracks.map(({ seconds }, position) => [position, seconds])),
    holes: new Map(tracks.map(({ hole }, position) => [position, hole])),
  };
}

/** The duration in a movie header. */
function secondsIn(header: Buffer): number {
  const isLong = header.readUInt8(0) === 1;
  const timescale = header.readUInt32BE(isLong ? 20 : 12);
  const duration = isLong ? Number(header.readBigUInt64BE(24)) : header.readUInt32BE(16);
  return duration / timescale;
}

function streamOf(track: Mp4Track, index: number): MeasuredStream {
  const { type, codec, width, height, seconds, samples } = track;
  return {
    index,
    type,
    codec,
    width,
    height,
    fps: type === 'video' ? Math.round((samples / seconds) * 1000) / 1000 : null,
    endSeconds: seconds,
  };
}
