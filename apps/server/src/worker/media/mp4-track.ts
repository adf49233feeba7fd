import { boxesIn } from './mp4-box.ts';
import type { MeasuredStream } from './ffprobe.ts';
import { longestHole } from './timeline.ts';

/** A range of bytes in the file; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Mp4Track extends Pick<MeasuredStream, 'type' | 'codec' | 'width' | 'height'> {
  readonly samples: number;
  /** Duration of all samples, not the duration in the header. */
  readonly seconds: number;
  /** Longest hole between two samples in seconds; 0 for none. */
  readonly hole: number;
}

/** Sample entries that are understood, each with the box that a decoder also needs. ffprobe reads other tracks. */
const VIDEO_ENTRIES: Readonly<Record<string, { codec: string; configuration: string }>> = {
  avc1: { codec: 'h264', configuration: 'avcC' },
  avc3: { codec: 'h264', configuration: 'avcC' },
  hvc1: { codec: 'hevc', configuration: 'hvcC' },
  hev1: { codec: 'hevc', configuration: 'hvcC' },
  vp09: { codec: 'vp9', configuration: 'vpcC' },
  av01: { codec: 'av1', configuration: 'av1C' },
};
const AUDIO_ENTRIES: Readonly<Record<string, string>> = {
  Opus: 'opus',
  fLaC: 'flac',
  alac: 'alac',
  'ac-3': 'ac3',
  'ec-3': 'eac3',
};
const OTHER_ENTRIES: Readonly<Record<string, string>> = {
  'text text': 'bin_data',
  'sbtl tx3g': 'mov_text',
};
/** A day with 200 samples a second. A header can claim billions of samples in a few bytes. */
const MAX_SAMPLES = 20_000_000;
/** Object types in the descriptor of `mp4a`. */
const MP4A_CODECS: Readonly<Record<number, string>> = {
  0x40: 'aac',
  0x66: 'aac',
  0x67: 'aac',
  0x68: 'aac',
  0x69: 'mp3',
  0x6b: 'mp3',
};

/**
 * Reads a track whose samples are all inside the data; null when they are not, or when the track is not understood.
 * @throws {RangeError} for a field outside its box
 */
export function readTrack(box: Buffer, data: readonly Span[]): Mp4Track | null {
  const media = child(box, 'mdia');
  const information = media && child(media, 'minf');
  const table = information && child(information, 'stbl');
  const header = media && child(media, 'mdhd');
  const handler = media && child(media, 'hdlr')?.toString('latin1', 8, 12);
  const references = information && child(child(information, 'dinf') ?? Buffer.alloc(0), 'dref');
  if (!table || !header || !references || !isSelfContained(references)) return null;
  const kind = kindOf(handler ?? '', table);
  const timing = readTiming(child(table, 'stts'), timescaleOf(header), kind?.type === 'audio');
  const sizes = readSizes(child(table, 'stsz'));
  if (kind === null || timing === null || sizes === null) return null;
  if (sizes.length !== timing.samples || sizes.length === 0 || sizes.length > MAX_SAMPLES) {
    return null;
  }
  return areSamplesIn(data, sizes, table) ? { ...kind, ...timing } : null;
}

function child(box: Buffer, name: string): Buffer | null {
  for (const found of boxesIn(box)) if (found.name === name) return found.content;
  return null;
}

/** Whether the data is in this file; QuickTime allows a track in another file. */
function isSelfContained(references: Buffer): boolean {
  return [...boxesIn(references.subarray(8))].every(
    ({ content }) => (content.readUInt32BE(0) & 1) === 1,
  );
}

function timescaleOf(header: Buffer): number {
  return header.readUInt32BE(header.readUInt8(0) === 1 ? 20 : 12);
}

function kindOf(
  handler: string,
  table: Buffer,
): Pick<Mp4Track, 'type' | 'codec' | 'width' | 'height'> | null {
  const descriptions = child(table, 'stsd');
  if (descriptions === null || descriptions.readUInt32BE(4) !== 1) return null;
  const [entry] = boxesIn(descriptions.subarray(8));
  if (entry === undefined) return null;
  const { name, content } = entry;
  if (handler === 'vide') {
    const known = VIDEO_ENTRIES[name];
    if (known === undefined || !content.includes(known.configuration)) return null;
    const [width, height] = [content.readUInt16BE(24), content.readUInt16BE(26)];
    return width > 0 && height > 0 ? { type: 'video', codec: known.codec, width, height } : null;
  }
  if (handler === 'soun') {
    const codec = name === 'mp4a' ? mp4aCodec(content) : AUDIO_ENTRIES[name];
    return codec === undefined ? null : { type: 'audio', codec, width: null, height: null };
  }
  // Chapters, and subtitles inside the file.
  const codec = OTHER_ENTRIES[`${handler} ${name}`];
  if (codec === undefined) return null;
  const type = codec === 'mov_text' ? 'subtitle' : 'other';
  return { type, codec, width: null, height: null };
}

/** The codec named in the descriptors; understands only the simple form that encoders write. */
function mp4aCodec(entry: Buffer): string | undefined {
  const at = entry.indexOf('esds', 0, 'latin1');
  if (at === -1) return undefined;
  const outer = descriptor(entry.subarray(at + 8), 3);
  // Flags after the two bytes of the id would put other fields before the inner descriptor.
  if (outer === null || outer.readUInt8(2) !== 0) return undefined;
  const inner = descriptor(outer.subarray(3), 4);
  return inner === null ? undefined : MP4A_CODECS[inner.readUInt8(0)];
}

function descriptor(buffer: Buffer, tag: number): Buffer | null {
  if (buffer.readUInt8(0) !== tag) return null;
  let at = 1;
  // The length has one to four bytes; all but the last have the highest bit set.
  while (at < 4 && buffer.readUInt8(at) & 0x80) at += 1;
  return buffer.subarray(at + 1);
}

function readTiming(
  table: Buffer | null,
  timescale: number,
  isSound: boolean,
): Pick<Mp4Track, 'samples' | 'seconds' | 'hole'> | null {
  if (table === null || timescale === 0) return null;
  const steps = new Map<number, number>();
  let samples = 0;
  let ticks = 0;
  for (let entry = table.readUInt32BE(4), at = 8; entry > 0; entry -= 1, at += 8) {
    const count = table.readUInt32BE(at);
    const step = table.readUInt32BE(at + 4);
    samples += count;
    ticks += count * step;
    // The last sample does not count: it may be shown until the other tracks end.
    const steady = entry === 1 ? count - 1 : count;
    if (steady > 0) steps.set(step / timescale, (steps.get(step / timescale) ?? 0) + steady);
  }
  return { samples, seconds: ticks / timescale, hole: longestHole(steps, isSound) };
}

interface Sizes {
  readonly length: number;
  at(sample: number): number;
}

function readSizes(table: Buffer | null): Sizes | null {
  if (table === null) return null;
  const same = table.readUInt32BE(4);
  const length = table.readUInt32BE(8);
  if (same > 0) return { length, at: () => same };
  if (table.length < 12 + length * 4) return null;
  return { length, at: (sample) => table.readUInt32BE(12 + sample * 4) };
}

function areSamplesIn(data: readonly Span[], sizes: Sizes, table: Buffer): boolean {
  const runs = child(table, 'stsc');
  const near = child(table, 'stco');
  const far = child(table, 'co64');
  const offsets = near ?? far;
  if (runs === null || offsets === null || data.length === 0) return false;
  const chunks = offsets.readUInt32BE(4);
  const runCount = runs.readUInt32BE(4);
  let sample = 0;
  let run = 0;
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    while (run + 1 < runCount && runs.readUInt32BE(8 + (run + 1) * 12) <= chunk + 1) run += 1;
    const start =
      near === null
        ? Number(offsets.readBigUInt64BE(8 + chunk * 8))
        : offsets.readUInt32BE(8 + chunk * 4);
    let end = start;
    for (let left = runs.readUInt32BE(8 + run * 12 + 4); left > 0; left -= 1) {
      if (sample === sizes.length) return false;
      end += sizes.at(sample);
      sample += 1;
    }
    if (!data.some((span) => start >= span.start && end <= span.end)) return false;
  }
  return sample === sizes.length;
}
