import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Inspected {
  readonly format: string;
  readonly seconds: number;
  readonly video: string | null;
  readonly height: number | null;
  readonly audio: string | null;
  /** Kilobits a second of the sound; null when the file does not tell. */
  readonly audioKbps: number | null;
  /** Codecs of text streams, and the languages of these. */
  readonly subtitles: readonly string[];
  readonly languages: readonly string[];
  readonly hasCover: boolean;
  readonly chapters: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

interface Stream {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly height?: number;
  readonly bit_rate?: string;
  readonly disposition: { readonly attached_pic: number };
  readonly tags?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly streams: readonly Stream[];
  readonly chapters: readonly { readonly tags?: { readonly title?: string } }[];
  readonly format: {
    readonly format_name: string;
    readonly duration: string;
    readonly tags?: Readonly<Record<string, string>>;
  };
}

/** What ffprobe finds in a file. */
export async function inspect(path: string): Promise<Inspected> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-show_streams', '-show_format', '-show_chapters', '-of', 'json'],
    `file:${path}`,
  ]);
  const { streams, chapters, format } = JSON.parse(stdout) as Answer;
  const isCover = ({ disposition }: Stream) => disposition.attached_pic === 1;
  const video = streams.find((stream) => stream.codec_type === 'video' && !isCover(stream));
  const audio = streams.find(({ codec_type: type }) => type === 'audio');
  const texts = streams.filter(({ codec_type: type }) => type === 'subtitle');
  return {
    format: format.format_name,
    seconds: Number(format.duration),
    video: video?.codec_name ?? null,
    height: video?.height ?? null,
    audio: audio?.codec_name ?? null,
    audioKbps: audio?.bit_rate === undefined ? null : Number(audio.bit_rate) / 1000,
    subtitles: texts.map(({ codec_name: codec }) => codec),
    languages: texts.map(({ tags }) => tags?.['language'] ?? ''),
    hasCover: streams.some(isCover),
    chapters: chapters.map(({ tags }) => tags?.title ?? ''),
    tags: Object.fromEntries(
      Object.entries({ ...format.tags, ...audio?.tags }).map(([key, text]) => [
        key.toLowerCase(),
        text,
      ]),
    ),
  };
}
