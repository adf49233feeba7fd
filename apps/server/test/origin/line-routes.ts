import {
  bufferBody,
  cutConnection,
  numberOf,
  readMedia,
  writeChunks,
  type Exchange,
  type Route,
} from './exchange.ts';

/** What a site may answer to a range that does not begin at 0. */
const answers = [
  'honour',
  'elsewhere',
  'bare',
  'other-total',
  'changed',
  'whole',
  'refuse',
  'error',
  'short',
  'nothing',
  'silence',
] as const;
type Answer = (typeof answers)[number];

/** A valid mp4, no two parts of which are alike, so that a part in a wrong place is seen. */
function countedClip(clip: Buffer, size: number, version: string): Buffer {
  const file = Buffer.alloc(size);
  clip.copy(file);
  file.writeUInt32BE(size - clip.length, clip.length);
  file.write('free', clip.length + 4, 'latin1');
  const words = Math.floor((size - clip.length - 8) / 8);
  for (let index = 0; index < words; index += 1) {
    file.write(version, clip.length + 8 + index * 8, 'latin1');
    file.writeUInt32BE(index, clip.length + 12 + index * 8);
  }
  return file;
}

const files = new Map<string, Buffer>();

async function fileOf(exchange: Exchange, version: string): Promise<Buffer> {
  const size = numberOf(exchange.query, 'size', 3_000_000);
  const key = `${exchange.mediaFolder} ${size} ${version}`;
  const file =
    files.get(key) ?? countedClip(await readMedia(exchange, 'faststart.mp4'), size, version);
  files.set(key, file);
  return file;
}

function isAnswer(text: string): text is Answer {
  return answers.some((known) => known === text);
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response, query } = exchange;
  const key = query.get('key') ?? '';
  const first = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const wanted = query.get('answer') ?? 'honour';
  const isFaulty =
    first > 0 && exchange.count(`range ${key}`) <= numberOf(query, 'answers', Infinity);
  const kind = isFaulty && isAnswer(wanted) ? wanted : 'honour';
  const hasChanged = wanted === 'changed' && exchange.isCounted(`range ${key}`);
  const version = hasChanged ? 'b' : (query.get('version') ?? 'a');
  const file = await fileOf(exchange, version);
  const validators =
    query.get('validators') === 'none'
      ? {}
      : { ETag: `"${version}"`, 'Last-Modified': 'Fri, 02 Jan 2026 03:04:05 GMT' };
  if ((first > 0 && kind === 'refuse') || first >= file.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${file.length}`, 'Content-Length': 0 });
    response.end();
    return;
  }
  if (kind === 'error') {
    response.writeHead(500, { 'Content-Length': 0 }).end();
    return;
  }
  const isPartial = first > 0 && kind !== 'whole';
  const start = !isPartial ? 0 : kind === 'elsewhere' ? first + 1000 : first;
  const end = kind === 'short' ? Math.min(start + 300_000, file.length) : file.length;
  const total = kind === 'other-total' ? file.length + 1000 : file.length;
  const length = query.get('length');
  // Then only the end of the connection ends the answer.
  response.useChunkedEncodingByDefault = length !== 'none';
  response.writeHead(isPartial ? 206 : 200, {
    ...validators,
    'Content-Type': 'video/mp4',
    ...(length === null && { 'Content-Length': end - start }),
    ...(isPartial && kind !== 'bare' && { 'Content-Range': `bytes ${start}-${end - 1}/${total}` }),
  });
  const isDropped = exchange.count(`answer ${key}`) <= numberOf(query, 'drops', Infinity);
  const most = kind === 'nothing' || kind === 'silence' ? 0 : numberOf(query, 'drop', Infinity);
  const stop = isDropped ? Math.min(end, start + most) : end;
  const chunks = bufferBody(file).read(start, stop);
  await writeChunks(exchange, chunks, numberOf(query, 'kib_per_s', 0));
  if (stop === end || length === 'none') response.end();
  else if (kind === 'silence') response.flushHeaders();
  else cutConnection(exchange);
}

export const lineRoutes: readonly Route[] = [
  {
    path: '/line/clip.mp4',
    about:
      'a good mp4 of ?size= bytes (default 3000000), in ?version= a or b, over a line that drops after ?drop= bytes of each of ' +
      `the first ?drops= answers; the first ?answers= ranges are answered with ?answer= ${answers.join(' ')}; ` +
      '?validators=none; ?length=none or chunked, which does not name it; ?kib_per_s=; ?key=',
    answer,
  },
];
