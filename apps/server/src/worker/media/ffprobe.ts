import { open } from 'node:fs/promises';
import type { FailureCode } from '@artemis/contracts';
import type { Jobs, ToolResult } from '../engine/jobs.ts';
import { longestHole } from './timeline.ts';

/** Printed by the engine for a file that begins like a list, which ffmpeg would follow (`engine/file_heads.py`). */
const REFUSED = 'refused: ';
/** The last packets of a stream are looked for from this long before the end of the shortest stream. */
const TAIL_SECONDS = 6;

export interface MeasuredStream {
  readonly index: number;
  readonly type: 'video' | 'audio' | 'subtitle' | 'other';
  readonly codec: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly fps: number | null;
  /** The stated end of the stream; null when the container does not state it. */
  readonly endSeconds: number | null;
}

export interface MeasuredMedia {
  readonly formatName: string;
  readonly durationSeconds: number | null;
  readonly startSeconds: number;
  /** Without covers and other still pictures. */
  readonly streams: readonly MeasuredStream[];
  /** By stream index: the end of the last packet that was read. */
  readonly packetEnds: ReadonlyMap<number, number>;
  /** By stream index: the longest hole between two packets, 0 for none. Null when not all packets were read. */
  readonly holes: ReadonlyMap<number, number> | null;
}

/** A time after every end, for which every demuxer seeks its last key frame. */
const PAST_THE_END = '1000000000%';
const ALL = '0%';
const FIELDS =
  'packet=stream_index,pts_time,dts_time,duration_time:format=format_name,duration,start_time:' +
  'stream=index,codec_type,codec_name,width,height,avg_frame_rate,duration,start_time:' +
  'stream_disposition=attached_pic';

/** ffprobe could not examine the file. */
export class ProbeError extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Measures a file by its header, its index and its end; null when it is not media. Uses one process, because starting ffprobe
 * is most of the cost.
 * @throws {ProbeError}
 */
export async function measureMedia(jobs: Jobs, path: string): Promise<MeasuredMedia | null> {
  return (await probe(jobs, path, PAST_THE_END)) ?? probe(jobs, path, '0%+#1');
}

/** Packet ends in the last seconds before the shortest stream ends: a sound track may end before the last key frame. */
export async function lastPackets(
  jobs: Jobs,
  path: string,
  media: MeasuredMedia,
): Promise<ReadonlyMap<number, number>> {
  const ends = media.streams
    .filter(isPlayed)
    .map(({ endSeconds }) => endSeconds ?? media.startSeconds + (media.durationSeconds ?? 0));
  const from = Math.max(0, Math.min(...ends) - TAIL_SECONDS);
  return (await probe(jobs, path, `${from.toFixed(3)}%`))?.packetEnds ?? new Map();
}

/** Measures a file by all its packets, which is exact but reads the whole file. The duration is that of audio and video. */
export async function readWholeMedia(jobs: Jobs, path: string): Promise<MeasuredMedia | null> {
  const media = await probe(jobs, path, ALL);
  if (media === null) return null;
  const ends = media.streams
    .filter(isPlayed)
    .flatMap(({ index }) => media.packetEnds.get(index) ?? []);
  const durationSeconds = ends.length === 0 ? 0 : Math.max(...ends) - media.startSeconds;
  return { ...media, durationSeconds };
}

export function isPlayed({ type }: MeasuredStream): boolean {
  return type === 'video' || type === 'audio';
}

async function probe(jobs: Jobs, path: string, interval: string): Promise<MeasuredMedia | null> {
  const streams: MeasuredStream[] = [];
  const packetEnds = new Map<number, number>();
  const steps = new Map<number, { at: number; counts: Map<number, number> }>();
  let format: ReadonlyMap<string, string> | null = null;
  let refusal: string | null = null;
  const result = await jobs.runTool(
    'ffprobe',
    [
      ...['-v', 'quiet', '-read_intervals', interval],
      ...['-show_entries', FIELDS, '-of', 'compact', `file:${path}`],
    ],
    (line) => {
      if (line.startsWith(REFUSED)) refusal = line.slice(REFUSED.length);
      const [section, ...words] = line.split('|');
      const fields = new Map(words.map((word) => [beforeEquals(word), afterEquals(word)]));
      if (section === 'format') format = fields;
      else if (section === 'stream' && fields.get('disposition:attached_pic') !== '1') {
        streams.push(streamOf(fields));
      } else if (section === 'packet') takePacket(fields);
    },
  );

  function takePacket(fields: ReadonlyMap<string, string>): void {
    const index = numberOf(fields.get('stream_index'));
    const at = numberOf(fields.get('pts_time')) ?? numberOf(fields.get('dts_time'));
    if (index === null || at === null) return;
    const end = at + (numberOf(fields.get('duration_time')) ?? 0);
    packetEnds.set(index, Math.max(packetEnds.get(index) ?? -Infinity, end));
    if (interval === ALL) takeStep(index, numberOf(fields.get('dts_time')) ?? at);
  }

  function takeStep(index: number, at: number): void {
    const stream = steps.get(index);
    if (stream === undefined) return void steps.set(index, { at, counts: new Map() });
    const step = Math.round((at - stream.at) * 1000) / 1000;
    stream.counts.set(step, (stream.counts.get(step) ?? 0) + 1);
    stream.at = at;
  }

  if (refusal !== null) throw new ProbeError('INVALID_MEDIA', `${String(refusal)}.`);
  refuseUnlessAnswered(result);
  const found = format as ReadonlyMap<string, string> | null;
  if (found === null) return null;
  const sounds = new Set(streams.flatMap(({ index, type }) => (type === 'audio' ? [index] : [])));
  const holes = [...steps].map(
    ([index, { counts }]) => [index, longestHole(counts, sounds.has(index))] as const,
  );
  const startSeconds = numberOf(found.get('start_time')) ?? 0;
  return {
    formatName: found.get('format_name') ?? '',
    durationSeconds: playedSeconds(streams, startSeconds, numberOf(found.get('duration'))),
    startSeconds,
    streams,
    packetEnds,
    holes: interval === ALL ? new Map(holes) : null,
  };
}

/** Duration of audio and video; a track of chapters or subtitles may last longer. */
function playedSeconds(
  streams: readonly MeasuredStream[],
  startSeconds: number,
  saidSeconds: number | null,
): number | null {
  const ends = streams.filter(isPlayed).map(({ endSeconds }) => endSeconds ?? Infinity);
  if (ends.length === 0 || saidSeconds === null) return saidSeconds;
  return Math.min(saidSeconds, Math.max(...ends) - startSeconds);
}

/** Whether the file begins like media; if ffprobe cannot read it, its end is missing. */
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

function refuseUnlessAnswered({ exit, isTimedOut }: ToolResult): void {
  if (exit.status === 127) throw new ProbeError('ENGINE_MISSING', 'ffprobe could not be started.');
  if (isTimedOut) throw new ProbeError('WORKER_CRASHED', 'ffprobe did not end.');
  if (exit.isHostLost || exit.signal !== null || exit.status === null) {
    throw new ProbeError('WORKER_CRASHED', 'ffprobe was ended before it answered.');
  }
}

function streamOf(fields: ReadonlyMap<string, string>): MeasuredStream {
  const type = fields.get('codec_type');
  const length = numberOf(fields.get('duration'));
  return {
    index: numberOf(fields.get('index')) ?? 0,
    type: type === 'video' || type === 'audio' || type === 'subtitle' ? type : 'other',
    codec: fields.get('codec_name') ?? null,
    width: numberOf(fields.get('width')),
    height: numberOf(fields.get('height')),
    fps: ratioOf(fields.get('avg_frame_rate')),
    endSeconds: length === null ? null : length + (numberOf(fields.get('start_time')) ?? 0),
  };
}

function ratioOf(text: string | undefined): number | null {
  const [above, below] = (text ?? '').split('/').map(Number);
  return above && below ? Math.round((above / below) * 1000) / 1000 : null;
}

/** ffprobe writes `N/A` for what it does not know. */
function numberOf(text: string | undefined): number | null {
  const number = Number.parseFloat(text ?? '');
  return Number.isFinite(number) ? number : null;
}

function beforeEquals(word: string): string {
  return word.slice(0, word.indexOf('='));
}

function afterEquals(word: string): string {
  return word.slice(word.indexOf('=') + 1);
}
