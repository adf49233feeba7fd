import { randomBytes } from 'node:crypto';
import { lstat, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlaylistEntry, Probe } from '@artemis/contracts';
import { openEngineJob, type EngineControl, type EngineJob } from '../engine/engine-connection.ts';
import type { RaisedError, SiteResponse } from '../engine/engine-control.ts';
import { areFormatsMissing, inLightOfEngine } from '../failure/engine-trouble.ts';
import { classifyFailure } from '../failure/failure.ts';
import { createRefusals } from '../failure/refusals.ts';
import { entryOf } from './listing.ts';
import { probeArgv, PAGE_ENTRIES } from './probe-argv.ts';
import {
  chapterCount,
  formatsOf,
  KNOWN_INFO_FILE,
  languagesOf,
  readSiteInfo,
  type SiteInfo,
} from '../work-folder/site-info.ts';
import type { ProbeOutcome } from '../../domain/attempt.ts';
import type { ProbeRequest } from '../task.ts';
import { listMetadata, metadataOf } from '../media/metadata.ts';
import { parseOutputLine, type VideoInfo } from '../output/output-lines.ts';
import { asSingle, planOf } from '../plan/plan.ts';

const MAX_LOOK_MS = 45_000;
const MAX_OUTPUT_BYTES = 8 * 1024 ** 2;
const MAX_PICTURE_BYTES = 8 * 1024 ** 2;
const MAX_THUMBNAIL_BYTES = 64 * 1024;
const MAX_KEPT_LINES = 400;
const PROBE_ENDS = {
  TIMED_OUT: `The site took longer than ${MAX_LOOK_MS / 1000} s.`,
  TOO_LARGE: 'The site sent more information than a probe may read.',
} as const;
/** Width and JPEG quality (2 is the best, 31 the smallest), tried in this order. */
const THUMBNAIL_SIZES = [
  [480, 5],
  [320, 14],
] as const;
/** Allowed picture formats. The file gets a name without extension first, so that only its content decides. */
const PICTURE_DEMUXERS = 'jpeg_pipe,png_pipe,webp_pipe,gif,gif_pipe,bmp_pipe,mov';

/**
 * Looks at a link without a download: one run of yt-dlp, and one or two of ffmpeg for the thumbnail. Needs only the engine's
 * socket, so that it may run on any thread. Resolves when no process of the probe is left; never rejects.
 */
export async function look(request: ProbeRequest): Promise<ProbeOutcome> {
  const { url, selection, engine, egress, signal } = request;
  const nonce = randomBytes(12).toString('hex');
  const videos: VideoInfo[] = [];
  const lines: string[] = [];
  const refusals = createRefusals();
  const responses: SiteResponse[] = [];
  const errors: RaisedError[] = [];
  let outputBytes = 0;
  let end: 'TIMED_OUT' | 'TOO_LARGE' | null = null;

  function take(line: string): void {
    outputBytes += Buffer.byteLength(line) + 1;
    if (outputBytes > MAX_OUTPUT_BYTES) {
      end ??= 'TOO_LARGE';
      return job.stop();
    }
    const message = parseOutputLine(line, nonce);
    if (message?.kind === 'video' && videos.length <= PAGE_ENTRIES) videos.push(message.video);
    if (message !== null) return;
    lines.push(line);
    if (lines.length > MAX_KEPT_LINES) lines.shift();
  }

  function takeControl(control: EngineControl): void {
    if (control.kind === 'response' && responses.length < MAX_KEPT_LINES) responses.push(control);
    if (control.kind === 'error' && errors.length < MAX_KEPT_LINES) errors.push(control);
    if (control.kind !== 'refused') return;
    const hasToEnd = refusals.take(control);
    if (hasToEnd && !control.isOptional) job.stop();
  }

  const context = {
    url,
    plan: planOf(asSingle({ ...selection, options: { ...selection.options, simulate: true } })),
    nonce,
    engine,
    isProxyForAll: egress.isProxyForAll,
    isTlsVerifiedByFfmpeg: url.startsWith('https:'),
  };
  const job = openEngineJob(
    engine.socketPath,
    {
      program: 'yt-dlp',
      argv: probeArgv(context, request.firstEntry),
      folder: request.folder,
      cookies: request.cookies,
      limits: { fileSizeBytes: MAX_PICTURE_BYTES, memoryBytes: request.memoryBytes },
      egress: {
        allow: egress.allow,
        proxy: { url: egress.proxyUrl, isForAll: egress.isProxyForAll },
      },
    },
    { onLine: take, onControl: takeControl },
  );
  const deadline = AbortSignal.timeout(MAX_LOOK_MS);
  deadline.addEventListener('abort', () => {
    end ??= 'TIMED_OUT';
  });
  const stopping = AbortSignal.any([signal, deadline]);
  const exit = await untilStopped(job, stopping);
  if (signal.aborted) return { kind: 'stopped' };
  const [video] = videos;
  const isSeen = video !== undefined && (exit.status === 0 || !isListed(video));
  if (end !== 'TOO_LARGE' && isSeen) {
    if (isListed(video)) return { kind: 'seen', probe: playlistOf(request, videos), media: null };
    const site = await readSiteInfo(join(request.folder, KNOWN_INFO_FILE));
    const thumbnail = stopping.aborted ? null : await thumbnailOf(request, stopping);
    if (request.signal.aborted) return { kind: 'stopped' };
    // Do not keep incomplete information: the download may be able to read all formats.
    const isLasting = !video.isLive && !areFormatsMissing(lines);
    return {
      kind: 'seen',
      probe: mediaOf(url, video, site, thumbnail),
      media: { metadata: metadataOf(video), info: isLasting ? (site?.text ?? null) : null },
    };
  }
  if (end !== null) return { kind: 'failed', code: end, detail: PROBE_ENDS[end] };
  if (exit.status === 0) {
    return request.firstEntry > 1
      ? { kind: 'seen', probe: playlistOf(request, []), media: null }
      : { kind: 'failed', code: 'MEDIA_UNAVAILABLE', detail: 'The link leads to an empty list.' };
  }
  const evidence = { exit, lines, refusals: refusals.all, responses, errors };
  const { code, detail, quote } = classifyFailure(evidence, Date.now());
  return { kind: 'failed', code: inLightOfEngine(code, lines), detail, quote };
}

async function untilStopped(job: EngineJob, signal: AbortSignal) {
  const stop = () => job.stop();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const exit = await job.closed;
  signal.removeEventListener('abort', stop);
  return exit;
}

function isListed({ fields }: VideoInfo): boolean {
  return typeof fields['playlist_index'] === 'number';
}

function playlistOf({ url, firstEntry }: ProbeRequest, videos: readonly VideoInfo[]): Probe {
  const [first = null] = videos;
  const { title, entry_count: count } = listMetadata(first, videos.length);
  const said = first?.fields['playlist_count'];
  const entries: PlaylistEntry[] = [];
  for (const video of videos.slice(0, PAGE_ENTRIES)) {
    const { position, ...entry } = entryOf(video, entries.at(-1)?.index ?? firstEntry - 1);
    entries.push(entry);
  }
  return {
    kind: 'playlist',
    url,
    title: title ?? null,
    entry_count: typeof said === 'number' ? (count ?? null) : null,
    entries,
    next_cursor: videos.length > PAGE_ENTRIES ? String(firstEntry + PAGE_ENTRIES) : null,
  };
}

function mediaOf(
  url: string,
  video: VideoInfo,
  site: SiteInfo | null,
  thumbnail: string | null,
): Probe {
  const { title, uploader, duration } = metadataOf(video);
  return {
    kind: 'media',
    url,
    title: title ?? null,
    uploader: uploader ?? null,
    duration: duration ?? null,
    is_live: video.isLive,
    thumbnail,
    formats: formatsOf(site),
    picks: video.formats.map(({ formatId }) => formatId),
    subtitles: languagesOf(site, 'subtitles'),
    automatic_captions: languagesOf(site, 'automatic_captions'),
    chapters: chapterCount(site),
    output: null,
    next_cursor: null,
  };
}

/** The thumbnail as a small JPEG in a `data:` URI; null when there is none that ffmpeg can read. */
async function thumbnailOf(request: ProbeRequest, signal: AbortSignal): Promise<string | null> {
  const { folder, engine } = request;
  const names = await readdir(folder);
  const name = names.find((entry) => entry.startsWith('thumbnail.'));
  if (name === undefined || !engine.hasFfmpeg) return null;
  const source = join(folder, 'picture');
  await rename(join(folder, name), source);
  if (!(await lstat(source)).isFile()) return null;
  for (const [width, quality] of THUMBNAIL_SIZES) {
    const target = join(folder, `preview-${width}.jpg`);
    const job = openEngineJob(
      engine.socketPath,
      {
        program: 'ffmpeg',
        argv: [
          ...['-v', 'quiet', '-nostdin', '-protocol_whitelist', 'file'],
          ...['-format_whitelist', PICTURE_DEMUXERS, '-max_pixels', '50000000'],
          ...['-i', `file:${source}`, '-frames:v', '1', '-an', '-sn', '-map_metadata', '-1'],
          ...['-vf', `scale='min(${width},iw)':-2`, '-pix_fmt', 'yuvj420p', '-q:v', `${quality}`],
          ...['-f', 'mjpeg', `file:${target}`],
        ],
        folder,
        limits: { fileSizeBytes: MAX_PICTURE_BYTES, memoryBytes: request.memoryBytes },
        egress: { allow: [], proxy: null },
      },
      { onLine: () => undefined, onControl: () => undefined },
    );
    const { status } = await untilStopped(job, signal);
    if (status !== 0) return null;
    const picture = await readFile(target).catch(() => null);
    if (picture === null || picture.length === 0) return null;
    if (picture.length <= MAX_THUMBNAIL_BYTES) {
      return `data:image/jpeg;base64,${picture.toString('base64')}`;
    }
  }
  return null;
}
