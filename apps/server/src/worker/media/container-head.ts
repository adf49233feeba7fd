import { open, type FileHandle } from 'node:fs/promises';
import { promisedByPages } from './ogg-pages.ts';

/**
 * How reliable the length is that ffprobe reads from a container. `promised`: an index states it, and a complete file has it.
 * `counted`: the header counts its frames, but may be outdated after a careless cut. `claimed`: the header states a length that
 * anybody may have written. `guessed`: computed from the bitrate at the beginning. `measured`: from the data at both ends.
 */
export type LengthWorth = 'promised' | 'counted' | 'claimed' | 'guessed' | 'measured';

export interface ContainerHead {
  readonly length: LengthWorth;
  /** Bytes that the file says it has but does not have; 0 when it is complete or does not say. */
  readonly missingBytes: number;
  /** WebM and not other Matroska. */
  readonly isWebm: boolean;
  /** QuickTime and not other mp4. */
  readonly isQuickTime: boolean;
}

const HEAD_BYTES = 4096;
/** Programs that write RIFF disagree on whether the size includes padding and the head of the chunk. */
const SLACK_BYTES = 16;
const ASF_HEADER = Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex');
const ASF_DATA = Buffer.from('3626b2758e66cf11a6d900aa0062ce6c', 'hex');
/** Sizes from programs that could not go back to the header. */
const UNKNOWN_SIZES = [0, 0xffff_ffff, 0x7fff_ffff];

interface Judged extends Partial<Pick<ContainerHead, 'length' | 'isWebm' | 'isQuickTime'>> {
  readonly promisedBytes?: number | null;
}

const UNKNOWN: ContainerHead = {
  length: 'claimed',
  missingBytes: 0,
  isWebm: false,
  isQuickTime: false,
};

/** Reads only the beginning of the file, and the end of an Ogg file. Never rejects because of its content. */
export async function readContainerHead(path: string): Promise<ContainerHead> {
  const file = await open(path, 'r');
  try {
    const { promisedBytes = null, ...judged } = await judgeHead(file, await bytesAt(file, 0));
    const { size } = await file.stat();
    const missingBytes = Math.max(0, (promisedBytes ?? 0) - size);
    return { ...UNKNOWN, ...judged, missingBytes };
  } catch (error) {
    // A field is outside the file.
    if (error instanceof RangeError) return UNKNOWN;
    throw error;
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, position);
  return buffer.subarray(0, bytesRead);
}

async function judgeHead(file: FileHandle, bytes: Buffer): Promise<Judged> {
  const magic = bytes.toString('latin1', 0, 4);
  if (bytes.toString('latin1', 4, 8) === 'ftyp') {
    return { length: 'promised', isQuickTime: bytes.toString('latin1', 8, 12) === 'qt  ' };
  }
  if (magic === '\x1a\x45\xdf\xa3') return matroskaHead(bytes);
  if (magic === 'RIFF') {
    const isVideo = bytes.toString('latin1', 8, 12) === 'AVI ';
    const promisedBytes = sizeOf(bytes.readUInt32LE(4));
    if (!isVideo) return { length: 'measured', promisedBytes };
    return { length: promisedBytes === null ? 'guessed' : 'claimed', promisedBytes };
  }
  if (magic === 'FORM') return { length: 'measured', promisedBytes: sizeOf(bytes.readUInt32BE(4)) };
  if (magic === 'fLaC') return { length: hasSampleCount(bytes) ? 'counted' : 'guessed' };
  if (magic === 'OggS') return { length: 'measured', promisedBytes: await promisedByPages(file) };
  if (isTransportStream(bytes)) return { length: 'measured' };
  if (bytes.subarray(0, 16).equals(ASF_HEADER))
    return { promisedBytes: await asfBytes(file, bytes) };
  if (bytes.readUInt32BE(0) === 0x0000_01ba) return { length: 'measured' };
  const start = magic.startsWith('ID3') ? 10 + syncSafe(bytes.subarray(6, 10)) : 0;
  return audioFrameHead(start === 0 ? bytes : await bytesAt(file, start), start);
}

/** The size of the data, which follows the header; programs that could not go back leave it at that of an empty file. */
async function asfBytes(file: FileHandle, bytes: Buffer): Promise<number | null> {
  const headerBytes = Number(bytes.readBigUInt64LE(16));
  const data = await bytesAt(file, headerBytes);
  if (!data.subarray(0, 16).equals(ASF_DATA)) return null;
  const dataBytes = Number(data.readBigUInt64LE(16));
  return Number.isSafeInteger(dataBytes) ? headerBytes + dataBytes : null;
}

function sizeOf(field: number): number | null {
  return UNKNOWN_SIZES.includes(field) ? null : field + 8 - SLACK_BYTES;
}

/** Only the size of the segment is a promise; the stated duration may be that of the source of this file. */
function matroskaHead(bytes: Buffer): Judged {
  const header = elementSize(bytes, 4);
  const isWebm = bytes.subarray(0, header.end + (header.size ?? 0)).includes('webm');
  const at = header.end + (header.size ?? 0);
  if (bytes.readUInt32BE(at) !== 0x1853_8067) return { isWebm };
  const segment = elementSize(bytes, at + 4);
  return { isWebm, promisedBytes: segment.size === null ? null : segment.end + segment.size };
}

/** A `size` of null was not known when the file was written. */
function elementSize(bytes: Buffer, at: number): { size: number | null; end: number } {
  const first = bytes.readUInt8(at);
  const length = Math.clz32(first) - 23;
  let size = first & (0xff >> length);
  let isUnknown = size === 0xff >> length;
  for (let index = 1; index < length; index += 1) {
    const next = bytes.readUInt8(at + index);
    size = size * 256 + next;
    isUnknown &&= next === 0xff;
  }
  return { size: isUnknown ? null : size, end: at + length };
}

/** The count has 36 bits in the first metadata block, which is always the stream information. */
function hasSampleCount(bytes: Buffer): boolean {
  return (bytes.readUInt8(21) & 0x0f) !== 0 || bytes.readUInt32BE(22) !== 0;
}

function isTransportStream(bytes: Buffer): boolean {
  return [188, 192].some((packet) => {
    const first = packet - 188;
    return [0, 1, 2].every((index) => bytes[first + index * packet] === 0x47);
  });
}

/** MPEG audio: a count is only in a special first frame without sound; otherwise there is only a bitrate. */
function audioFrameHead(bytes: Buffer, start: number): Judged {
  const word = bytes.length < 4 ? 0 : bytes.readUInt16BE(0);
  // In ADTS (AAC) the layer is 0.
  if ((word & 0xffe0) !== 0xffe0 || (word & 0x0006) === 0) {
    return (word & 0xfff6) === 0xfff0 ? { length: 'guessed' } : {};
  }
  const head = bytes.subarray(0, 256);
  const xing = Math.max(head.indexOf('Xing', 0, 'latin1'), head.indexOf('Info', 0, 'latin1'));
  if (xing !== -1) {
    const flags = bytes.readUInt32BE(xing + 4);
    if ((flags & 1) === 0) return { length: 'guessed' };
    const sizeAt = xing + 12;
    const hasSize = (flags & 2) !== 0 && bytes.readUInt32BE(sizeAt) > 0;
    const promisedBytes = hasSize ? start + bytes.readUInt32BE(sizeAt) - SLACK_BYTES : null;
    return { length: 'counted', promisedBytes };
  }
  return { length: head.indexOf('VBRI', 0, 'latin1') === -1 ? 'guessed' : 'counted' };
}

function syncSafe(bytes: Buffer): number {
  return bytes.reduce((total, byte) => total * 128 + (byte & 0x7f), 0);
}
