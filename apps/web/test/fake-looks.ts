import type { CreateProbe, Explanation, Probe, ProbedFormat } from '@artemis/contracts';
import type {
  Download,
  DownloadOptions,
  ExplainSelection,
  ProblemDetail,
} from '@artemis/contracts';
import { ENTRY_STATES } from '@artemis/contracts/vocabulary';
import type { Send } from './fake-server.ts';

const THUMBNAIL =
  'data:image/jpeg;base64,' +
  '/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFDQ0NISEhVVVVISEhDQ0hIUFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xABYAAADAAMBAAAAAAAAAAAAAAAABAMFAgcBAQADAQEBAQAAAAAAAAAAAAAAAgQBAwYFEAEBAAAAAAAAAAAAAAAAAAAAAREBAQAAAAAAAAAAAAAAAAAAAAH/wAARCAAkAEADARIAAhIAAxIA/9oADAMBAAIRAxEAPwDnIfVD5gXikcyV1h4dikTUlUw8OxSJ6SqYeHYpE9JVMPDsUialqmHhh64sdmgAAOUto90x4ExyKRPSVRHSHYpE9JVEdIdikTUlUR0h2KRPSVTDw5G6cqgzYFBgAAA5dBHt6K8LBGRgiSsqyCMjBElFWQRkYIkoqyNjIwRJWVXBDj1OFLQGAAAAB//Z';
const PAGE_ENTRIES = 200;
const LIST_ENTRIES = 5000;

const HEIGHTS = [144, 360, 720, 1080, 2160] as const;
const FORMATS: readonly ProbedFormat[] = [
  ...[140, 251].map((id) => ({
    ...blank(id === 140 ? 'm4a' : 'webm'),
    format_id: String(id),
    acodec: id === 140 ? 'mp4a.40.2' : 'opus',
    filesize: 11_000_000 + id * 1000,
    is_filesize_exact: true,
    note: 'medium',
  })),
  ...HEIGHTS.flatMap((height) =>
    (['avc1.64001f', 'av01.0.08M.08'] as const).map((vcodec, at) => ({
      ...blank('mp4'),
      format_id: `${height}-${at}`,
      height,
      fps: height > 720 ? 60 : 30,
      vcodec,
      filesize: height * height * (at === 0 ? 400 : 280),
      note: `${height}p`,
    })),
  ),
];

function blank(ext: string): ProbedFormat {
  return {
    format_id: '',
    ext,
    width: null,
    height: null,
    fps: null,
    vcodec: null,
    acodec: null,
    filesize: null,
    is_filesize_exact: false,
    bitrate: null,
    language: null,
    note: null,
  };
}

/** Looks at a link: `list` in it is a playlist, `private` cannot be read, `live` is on the air. */
export function probe(body: unknown, send: Send): void {
  const { url, cursor, quality, options } = body as CreateProbe;
  if (url.includes('private')) {
    return send(422, {
      type: 'about:blank',
      title: 'The link could not be read',
      status: 422,
      code: 'PROBE_FAILED',
      failure_code: 'LOGIN_REQUIRED',
      detail: 'The site asks for a sign-in.',
      instance: 'req-1',
    });
  }
  const height = Math.min(2160, Number.parseInt(quality ?? '', 10) || 2160);
  const answer: Probe = url.includes('list')
    ? listPage(url, Number(cursor ?? 1))
    : {
        kind: 'media',
        url,
        title: 'Council session, 14 November: the harbour',
        uploader: 'City archive',
        duration: url.includes('live') ? null : 4329,
        is_live: url.includes('live'),
        thumbnail: THUMBNAIL,
        formats: [...FORMATS],
        picks: [`${height}-1`, '251'],
        subtitles: ['en', 'de'],
        automatic_captions: ['en'],
        chapters: 3,
        output: { path: `downloads/${options?.name_template ?? '{id}'}.mp4`, taken_by: null },
        next_cursor: null,
      };
  send(200, answer);
}

function listPage(url: string, first: number): Probe {
  const count = Math.max(0, Math.min(PAGE_ENTRIES, LIST_ENTRIES - first + 1));
  const next = first + PAGE_ENTRIES;
  return {
    kind: 'playlist',
    url,
    title: 'Every session of the council',
    entry_count: LIST_ENTRIES,
    entries: Array.from({ length: count }, (_, at) => ({
      index: first + at,
      id: `e${first + at}`,
      url: `https://video.example/watch?v=e${first + at}`,
      title: `Session ${first + at}${at % 7 === 0 ? ': interview' : ''}`,
      duration: 600 + at,
    })),
    next_cursor: next <= LIST_ENTRIES ? String(next) : null,
  };
}

/** Explains as the real server does, with fewer words. */
export function explain(body: unknown, send: Send): void {
  const { format_preset = '', quality, options = {} } = body as ExplainSelection;
  const errors = problemsOf(options);
  if (errors.length > 0) {
    return send(400, {
      type: 'about:blank',
      title: 'The request is not valid',
      status: 400,
      code: 'VALIDATION_FAILED',
      detail: `${errors[0]?.path.slice(1)} ${errors[0]?.message}.`,
      instance: 'req-1',
      errors,
    });
  }
  const folder = options.directory === undefined ? '' : `${options.directory}/`;
  const name = (options.name_template ?? '{id}')
    .replace('{title}', 'Title of the video')
    .replace('{uploader}', 'Name of the channel')
    .replace('{video_id}', 'x7Yp2')
    .replace('{id}', '1b9d6bcd');
  const answer: Explanation = {
    argv: [
      { argument: '-f bv*+ba/b', meaning: `Takes what fits ${format_preset} best.` },
      { argument: `-S res:${quality ?? 'best'}`, meaning: 'Prefers this height, then the next.' },
      ...Object.keys(options).map((option) => ({
        argument: `--${option.replaceAll('_', '-')}`,
        meaning: `Does what ${option} asks for.`,
      })),
    ],
    output_example: `downloads/${folder}${name}.mp4`,
    warnings: options.sponsorblock
      ? [{ code: 'THIRD_PARTY', message: 'The segments are asked for at another site.' }]
      : [],
  };
  send(200, answer);
}

function problemsOf(options: DownloadOptions): ProblemDetail[] {
  const problems: ProblemDetail[] = [];
  if (/\{(?!id|video_id|title|uploader)/.test(options.name_template ?? '')) {
    problems.push({ path: '/options/name_template', message: 'has an unknown placeholder' });
  }
  if (options.directory?.includes('..')) {
    problems.push({ path: '/options/directory', message: 'must stay below downloads/' });
  }
  return problems;
}

/** A download as a playlist that is under way. */
export function asList(record: Download): Download {
  return {
    ...record,
    title: 'Every session of the council',
    status: 'running',
    phase: 'downloading',
    waiting_for: null,
    progress: 40,
    entries: { total: 300, done: 60, failed: 60, skipped: 60 },
  };
}

/** The same with its first entries, as the detail tells them. */
export function withEntries(record: Download): Download {
  if (record.entries === null) return record;
  const { total } = record.entries;
  const entries = Array.from({ length: total }, (_, at) => ({
    index: at + 1,
    id: `e${at + 1}`,
    url: `https://video.example/watch?v=e${at + 1}`,
    title: `Session ${at + 1}`,
    duration: 600 + at,
    state: ENTRY_STATES[at % ENTRY_STATES.length] ?? 'waiting',
    download_id: null,
  }));
  return { ...record, metadata: { ...record.metadata, entries } };
}
