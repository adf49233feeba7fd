import { numberOf, readMedia, sendText, type Exchange, type Route } from './exchange.ts';
import { answerHiccup, published } from './live-routes.ts';

const STREAMS = [
  { name: 'picture', of: 'mimeType="video/mp4" codecs="avc1.42c00a" width="64" height="36"' },
  { name: 'sound', of: 'mimeType="audio/mp4" codecs="mp4a.40.2" audioSamplingRate="8000"' },
] as const;

interface Timeline {
  readonly timescale: number;
  readonly lengths: readonly number[];
}

/** What the manifest of the whole film says of each of its streams. */
async function timelinesOf(exchange: Exchange): Promise<readonly Timeline[]> {
  const text = (await readMedia(exchange, 'many/dash/manifest.mpd')).toString();
  return [...text.matchAll(/timescale="(\d+)"[^]*?<\/SegmentTimeline>/g)].map(
    ([row, timescale]) => ({
      timescale: Number(timescale),
      lengths: [...row.matchAll(/ d="(\d+)"(?: r="(\d+)")?/g)].flatMap(
        ([, length, repeated = '0']) =>
          Array.from({ length: Number(repeated) + 1 }, () => Number(length)),
      ),
    }),
  );
}

function listed({ timescale, lengths }: Timeline, first: number, end: number): string {
  const begin = lengths.slice(0, first).reduce((sum, length) => sum + length, 0);
  const rows = lengths
    .slice(first, end)
    .map((length, index) => `<S ${index === 0 ? `t="${begin}" ` : ''}d="${length}"/>`);
  return `timescale="${timescale}" startNumber="${first}"><SegmentTimeline>${rows.join('')}</SegmentTimeline>`;
}

async function manifest(exchange: Exchange): Promise<string> {
  const { query } = exchange;
  const count = numberOf(query, 'count', 60);
  const segmentMs = numberOf(query, 'segment_ms', 1000);
  const out = Math.min(published(exchange), count);
  const first = Math.max(0, out - numberOf(query, 'length', 5));
  const isComputed = query.get('by') === 'time';
  const lost = query.has('lost') ? `&amp;lost=${query.get('lost')}` : '';
  const timelines = await timelinesOf(exchange);
  const sets = STREAMS.map(({ name, of }, index) => {
    const segments = isComputed
      ? `timescale="1000" duration="${segmentMs}" startNumber="0">`
      : listed(timelines[index] ?? noTimeline(), first, out);
    return `<AdaptationSet><Representation id="${name}" bandwidth="8000" ${of}>
<SegmentTemplate initialization="/media/many/dash/init-stream${index}.m4s" media="/live/${name}/$Number$.m4s?key=${query.get('key') ?? ''}${lost}" ${segments}
</SegmentTemplate></Representation></AdaptationSet>`;
  });
  const isOver = out >= count && !query.has('frozen');
  const seconds = isComputed ? (count * segmentMs) / 1000 : count;
  const begun = new Date(Date.now() - segmentMs * published(exchange)).toISOString();
  const kind = isOver
    ? `type="static" mediaPresentationDuration="PT${seconds}S"`
    : `type="dynamic" minimumUpdatePeriod="PT1S" availabilityStartTime="${begun}"`;
  return `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT1S" ${kind}>
<Period id="0" start="PT0S">${sets.join('')}</Period></MPD>
`;
}

function noTimeline(): never {
  throw new Error('the film has other streams');
}

export const liveDashRoutes: readonly Route[] = [
  {
    path: '/live/manifest.mpd',
    about:
      'live DASH of picture and sound, with the ?key= ?segment_ms= ?count= (60 at most) ?length= ?frozen ?hiccup= ?lost= of live HLS; ?by=time names no segments, they follow from the time',
    async answer(exchange) {
      if (!answerHiccup(exchange)) {
        sendText(exchange, await manifest(exchange), 'application/dash+xml');
      }
    },
  },
];
