import { WHOLE_MEDIA_TIMEOUT_MS, type Jobs } from '../engine/jobs.ts';

/** The end of a part that is searched first; playlists usually have fewer segments than this. */
const TAIL_SECONDS = 600;
/** Fewer successive packets may be equal by chance: still pictures, silence. */
const LEAST_ALIKE = 3;

export interface Packet {
  readonly seconds: number;
  readonly hash: string;
}

/** The packets of the video, or of the audio when there is no video; empty when the file cannot be read. */
export async function packetsOf(
  jobs: Jobs,
  path: string,
  seconds: number | null,
): Promise<readonly Packet[]> {
  const from = Math.max(0, (seconds ?? 0) - TAIL_SECONDS);
  for (const stream of ['v:0', 'a:0']) {
    const packets: Packet[] = [];
    const { exit } = await jobs.runTool(
      'ffprobe',
      [
        ...['-v', 'error', '-select_streams', stream, '-show_data_hash', 'md5'],
        ...['-show_entries', 'packet=pts_time,data_hash', '-of', 'csv=p=0'],
        ...['-read_intervals', `${from.toFixed(3)}%`, `file:${path}`],
      ],
      (line) => {
        const [time = '', hash = ''] = line.split(',');
        if (hash.startsWith('MD5:')) packets.push({ seconds: Number(time), hash });
      },
      WHOLE_MEDIA_TIMEOUT_MS,
    );
    if (exit.status !== 0) return [];
    if (packets.length > 0) return packets;
  }
  return [];
}

/** See `endBefore`. */
export async function endOfPart(
  jobs: Jobs,
  { path, length }: { readonly path: string; readonly length: number },
  next: readonly Packet[],
): Promise<number | null> {
  const end = endBefore(await packetsOf(jobs, path, length), next);
  // The whole tail is in the next part; how much of the rest is too was not read yet.
  if (end !== 0 || length <= TAIL_SECONDS) return end;
  return endBefore(await packetsOf(jobs, path, null), next);
}

/**
 * The time in seconds at which the first part must end so that the second continues it; 0 when the second contains all of it.
 * Null: the parts do not overlap, and it is not known what is missing between them.
 */
export function endBefore(first: readonly Packet[], second: readonly Packet[]): number | null {
  const [begin] = second;
  const [origin] = first;
  if (begin === undefined || origin === undefined) return null;
  // Searches the latest match: where many packets are equal, as little as possible is taken for an overlap.
  for (let at = first.length - LEAST_ALIKE; at >= 0; at -= 1) {
    if (first[at]?.hash === begin.hash && areAlike(first.slice(at), second)) {
      return at === 0 ? 0 : (first[at]?.seconds ?? null);
    }
  }
  const at = second.findIndex(
    (packet, index) => packet.hash === origin.hash && areAlike(second.slice(index), first),
  );
  const isInside = at > 0 && second.length - at >= first.length;
  return isInside ? 0 : null;
}

/** Compares as many packets as both have, except the last one, which may be cut off. */
function areAlike(one: readonly Packet[], other: readonly Packet[]): boolean {
  const length = Math.min(one.length, other.length);
  const compared = Math.max(LEAST_ALIKE, length - 1);
  return (
    length >= LEAST_ALIKE &&
    one.slice(0, compared).every(({ hash }, index) => hash === other[index]?.hash)
  );
}
