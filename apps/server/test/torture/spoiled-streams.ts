import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateDownloads } from '@artemis/contracts';
import { createSegmentGate, type SegmentGate } from '../engine/segment-gate.ts';
import { bufferBody, readMedia, sendEntity, type Exchange } from '../origin/exchange.ts';
import { contentTypeOf } from '../origin/media-routes.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';

/** Sixty segments of a second each; of a clip those from 10 to 30 s. */
export const KINDS = ['hls', 'fmp4', 'ranges', 'dash', 'clip', 'plain clip'] as const;
export type Kind = (typeof KINDS)[number];

/** What is wrong with one segment; `late`: gone twice, `cut`: three of them end in the middle, twice each. */
export const FAULTS = ['none', 'late', 'cut', 'lost'] as const;
export type Fault = (typeof FAULTS)[number];

const PATHS: Readonly<Record<Kind, string>> = {
  hls: 'many/ts/index.m3u8',
  fmp4: 'many/fmp4/index.m3u8',
  ranges: 'many/ranges/index.m3u8',
  dash: 'many/dash/manifest.mpd',
  clip: 'many/ts/index.m3u8',
  'plain clip': 'many/clip.mp4',
};
const CLIP = { start: 10, end: 30 };
const FIRST_SPOILED = 12;
const SPOILED = 14;
const TIMES_WRONG = 2;
/** Less than any segment has. */
const CUT_AFTER_BYTES = 700;

export interface SpoiledStreams {
  readonly origin: Origin;
  readonly gate: SegmentGate;
  /** Every call a copy of its own under its own address, so that no other download uses up its fault. */
  request(kind: Kind, fault: Fault, random: () => number): CreateDownloads & { url: string };
  /** All that was asked for so far is whole from now on. */
  mend(): void;
}

/** An origin whose segments pass a gate. The caller closes it. */
export async function startSpoiledStreams(): Promise<SpoiledStreams> {
  const origin = await startOrigin();
  const gate = createSegmentGate(origin);
  const beforeRoutes = origin.intercept;
  const rangeStarts = await startsOfRanges(origin.mediaFolder);
  const inTheMiddle = new WeakSet<Exchange>();
  let copies = 0;

  origin.intercept = async (exchange) => {
    if ((await beforeRoutes?.(exchange)) === true) return true;
    const name = /^\/copy\/\d+\/(many\/.*)$/.exec(exchange.path)?.[1];
    if (name === undefined) return false;
    await sendEntity(exchange, {
      body: bufferBody(await readMedia(exchange, name)),
      type: contentTypeOf(name),
      etag: `"${name}"`,
      ...(inTheMiddle.has(exchange) ? { cut: CUT_AFTER_BYTES } : {}),
    });
    return true;
  };

  /** One segment, which may be a range of a file. */
  function spoil(folder: string, kind: Kind, number: number, fault: Fault): void {
    const start = rangeStarts[number] ?? 0;
    const path = `${folder}${segmentOf(kind, number)}`;
    let asked = 0;
    const others = gate.faults.get(path);
    gate.faults.set(path, (exchange, count) => {
      if (others?.(exchange, count) === true) return true;
      if (
        kind === 'ranges' &&
        exchange.request.headers.range?.startsWith(`bytes=${start}-`) !== true
      )
        return false;
      asked += 1;
      if (fault !== 'lost' && asked > TIMES_WRONG) return false;
      if (fault === 'cut') {
        inTheMiddle.add(exchange);
        return false;
      }
      exchange.response.writeHead(404, { 'Content-Length': 0 }).end();
      return true;
    });
  }

  return {
    origin,
    gate,
    request(kind, fault, random) {
      copies += 1;
      const folder = `/copy/${copies}/${PATHS[kind].replace(/[^/]*$/, '')}`;
      const first = FIRST_SPOILED + Math.floor(random() * SPOILED);
      if (fault !== 'none') spoil(folder, kind, first, fault);
      if (fault === 'cut') for (const next of [1, 2]) spoil(folder, kind, first + next, fault);
      return {
        url: `${origin.url}/copy/${copies}/${PATHS[kind]}`,
        ...(kind.endsWith('clip') ? { options: { section: CLIP } } : {}),
      };
    },
    mend: () => gate.faults.clear(),
  };
}

function segmentOf(kind: Kind, number: number): string {
  if (kind === 'ranges') return 'all.ts';
  if (kind === 'dash') return `chunk-stream${number % 2}-${String(number).padStart(5, '0')}.m4s`;
  return `segment-${number}.${kind === 'fmp4' ? 'm4s' : 'ts'}`;
}

async function startsOfRanges(mediaFolder: string): Promise<number[]> {
  const playlist = await readFile(join(mediaFolder, 'many/ranges/index.m3u8'), 'utf8');
  return [...playlist.matchAll(/#EXT-X-BYTERANGE:\d+@(\d+)/g)].map(([, start]) => Number(start));
}
