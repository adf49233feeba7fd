import { open } from 'node:fs/promises';
import type { Jobs } from './jobs.ts';

/** Demuxers of what may be kept. A playlist in disguise would make ffprobe open the files that it names. */
const DEMUXERS =
  'mov,matroska,mpegts,mp3,ogg,flac,wav,w64,aac,avi,mpeg,mpegvideo,flv,asf,amr,aiff,webvtt,srt';
const SAFE_INPUT = ['-v', 'quiet', '-protocol_whitelist', 'file', '-format_whitelist', DEMUXERS];
/** From here before the end of the shortest stream, packets are looked for. */
const TAIL_SECONDS = 6;

export interface ProbedStream {
  readonly index: number;
  readonly type: 'video' | 'audio' | 'subtitle' | 'other';
  readonly codec: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly fps: number | null;
  /** Where it says that it ends; null when the container does not tell. */
  readonly endSeconds: number | null;
}

export interface ProbedMedia {
  readonly formatName: string;
  readonly durationSeconds: number | null;
  readonly startSeconds: number;
  /** Covers and other still pictures left out. */
  readonly streams: readonly ProbedStream[];
}

/** What ffprobe reads from the file's head and index; null when it is no media at all. */
export async function probeMedia(jobs: Jobs, path: string): Promise<ProbedMedia | null> {
  const { lines } = await jobs.runTool('ffprobe', [
    ...SAFE_INPUT,
    '-show_entries',
    'format=format_name,duration,start_time:stream=index,codec_type,codec_name,width,height,avg_frame_rate,duration,start_time:stream_disposition=attached_pic',
    '-of',
    'json',
    `file:${path}`,
  ]);
  const { format, streams } = parseObject(lines.join('\n'));
  const { format_name: formatName, duration, start_time: start } = objectOf(format);
  if (typeof formatName !== 'string' || !Array.isArray(streams)) return null;
  return {
    formatName,
    durationSeconds: numberOf(duration),
    startSeconds: numberOf(start) ?? 0,
    streams: (streams as unknown[])
      .map(objectOf)
      .filter(({ disposition }) => objectOf(disposition)['attached_pic'] !== 1)
      .map(streamOf),
  };
}

/** By stream index: where its last packet ends, in seconds, of those in the last part of the file. */
export async function lastPackets(
  jobs: Jobs,
  path: string,
  media: ProbedMedia,
): Promise<ReadonlyMap<number, number>> {
  const ends = media.streams
    .filter(({ type }) => type === 'video' || type === 'audio')
    .map(({ endSeconds }) => endSeconds ?? media.startSeconds + (media.durationSeconds ?? 0));
  const from = Math.max(0, Math.min(...ends) - TAIL_SECONDS);
  const { lines } = await jobs.runTool('ffprobe', [
    ...SAFE_INPUT,
    '-read_intervals',
    `${from.toFixed(3)}%`,
    '-show_entries',
    'packet=stream_index,pts_time,dts_time,duration_time',
    '-of',
    'csv=p=0',
    `file:${path}`,
  ]);
  const last = new Map<number, number>();
  for (const line of lines) {
    const [index, pts, dts, duration] = line.split(',').map(Number.parseFloat);
    const at = Number.isFinite(pts) ? pts : dts;
    if (index === undefined || at === undefined || !Number.isFinite(at)) continue;
    const end = at + (Number.isFinite(duration) ? (duration ?? 0) : 0);
    last.set(index, Math.max(last.get(index) ?? -Infinity, end));
  }
  return last;
}

/** Whether the file begins like media, so that its end is what is missing. */
export async function beginsLikeMedia(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(12), 0, 12, 0);
    const head = buffer.toString('latin1');
    return head.slice(4, 8) === 'ftyp' || head.startsWith('\x1a\x45\xdf\xa3');
  } finally {
    await handle.close();
  }
}

function streamOf(fields: Readonly<Record<string, unknown>>): ProbedStream {
  const { codec_type: type, codec_name: codec, duration, start_time: start } = fields;
  const length = numberOf(duration);
  return {
    index: numberOf(fields['index']) ?? 0,
    type: type === 'video' || type === 'audio' || type === 'subtitle' ? type : 'other',
    codec: typeof codec === 'string' ? codec : null,
    width: numberOf(fields['width']),
    height: numberOf(fields['height']),
    fps: ratioOf(fields['avg_frame_rate']),
    endSeconds: length === null ? null : length + (numberOf(start) ?? 0),
  };
}

function ratioOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const [above, below] = value.split('/').map(Number);
  if (!above || !below) return null;
  return Math.round((above / below) * 1000) / 1000;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** ffprobe writes most numbers as text. */
function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
