import type { Download } from '@artemis/contracts';
import type { Status } from '@artemis/contracts/vocabulary';

/** Numbers that look random and are the same on every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

export function fakeId(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

const HOSTS = ['video.example', 'archive.example', 'media.example', 'talks.example'];
const TITLES = [
  'Council session, 14 November',
  'Reel 0042, restoration of the harbour film',
  'Interview B-roll',
  'Press briefing',
  'Hearing, part 3',
  'How bridges fall: a lecture with a very long title that does not fit into a row of any width',
  '<img src=x onerror=alert(1)> is only text',
  'מהדורת הערב — 夕方のニュース',
];

export function fakeDownload(index: number, status: Status, at: number): Download {
  const created = new Date(at - index * 60_000).toISOString();
  const hasEnded = status === 'completed' || status === 'failed' || status === 'cancelled';
  const size = 12_000_000 + ((index * 7_919_003) % 1_900_000_000);
  const id = fakeId(index);
  const isKnown = status !== 'queued' || index % 3 === 0;
  return {
    id,
    url: `https://www.${HOSTS[index % HOSTS.length]}/watch?v=${index.toString(36).padStart(8, '0')}`,
    title: isKnown ? `${TITLES[index % TITLES.length]}` : null,
    status,
    phase: status === 'running' ? 'downloading' : null,
    waiting_for: status === 'queued' ? 'slot' : null,
    format_preset: index % 5 === 0 ? 'Audio only' : 'Smart (best combined)',
    quality: index % 2 === 0 ? '1080p' : 'best',
    options: {},
    progress: status === 'completed' ? 100 : status === 'running' ? (index * 17) % 80 : 0,
    downloaded_bytes: status === 'running' ? Math.round((size * ((index * 17) % 80)) / 100) : null,
    total_bytes: status === 'running' ? size : null,
    speed_bps: status === 'running' ? 4_000_000 + (index % 7) * 1_500_000 : null,
    eta_seconds: status === 'running' ? 90 : null,
    file_size: status === 'completed' ? size : null,
    storage_path: status === 'completed' ? `downloads/${id}.mp4` : null,
    artifacts:
      status === 'completed'
        ? [
            {
              kind: 'media',
              name: `${id}.mp4`,
              size,
              content_type: 'video/mp4',
              storage_path: `downloads/${id}.mp4`,
            },
          ]
        : [],
    metadata: isKnown
      ? {
          uploader: 'City archive',
          duration: 600 + index,
          height: 1080,
          vcodec: 'av1',
          acodec: 'opus',
        }
      : {},
    error: status === 'failed' ? failureOf(index) : null,
    warnings:
      status === 'completed' && index % 4 === 0
        ? [
            {
              code: 'SUBTITLES_MISSING',
              message: 'Some of the subtitles are not offered or could not be read.',
            },
            {
              code: 'QUALITY_SHORTFALL',
              message: 'The site does not offer the requested quality.',
            },
          ]
        : [],
    attempt: status === 'failed' ? 2 : 1,
    retry_parts: [],
    priority: 3,
    tags: index % 6 === 0 ? ['council'] : [],
    notes: '',
    parent_id: null,
    entries: null,
    created_at: created,
    started_at: status === 'queued' ? null : created,
    updated_at: created,
    completed_at: hasEnded ? created : null,
    retry_at: null,
    expires_at: status === 'completed' ? new Date(at + 28 * 86_400_000).toISOString() : null,
  };
}

function failureOf(index: number): Download['error'] {
  return index % 2 === 0
    ? {
        code: 'LOGIN_REQUIRED',
        message: 'The site asks for a login.',
        hint: 'Add the cookies of a browser that is logged in, then retry.',
        retryable: false,
      }
    : {
        code: 'FORMAT_UNAVAILABLE',
        message: 'The media is not offered in the format that was asked for.',
        hint: 'Retry with another preset or quality.',
        retryable: false,
      };
}
