import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isTerminal, type Download } from '@artemis/contracts';
import { eventually, type ServerHome, type ServerProcess } from '../integration/server-process.ts';

export interface Judgement {
  /** Accepted downloads that are not in the history at the end. */
  readonly lost: readonly string[];
  /** Completed downloads whose file differs from its source. */
  readonly different: readonly string[];
  /** By failure code. */
  readonly failed: Readonly<Record<string, number>>;
  /** The code of each failure, and what the log of the download says of it last. */
  readonly failures: readonly string[];
  readonly completed: number;
}

/** Waits until every download has ended and holds the files against the origin. Clips are not compared. */
export async function judge(
  server: ServerProcess,
  home: ServerHome,
  accepted: readonly string[],
): Promise<Judgement> {
  const lost: string[] = [];
  const different: string[] = [];
  const failed: Record<string, number> = {};
  const failures: string[] = [];
  let completed = 0;
  for (const id of accepted) {
    const record = await ended(server, id);
    if (!record) lost.push(id);
    else if (record.status === 'completed') {
      completed += 1;
      const isClip = record.options.section !== undefined;
      if (!isClip && !(await isWhole(home, record))) different.push(id);
    } else {
      const code = record.error?.code ?? record.status;
      failed[code] = (failed[code] ?? 0) + 1;
      failures.push(`${code}: ${await lastErrorOf(server, id)}`);
    }
  }
  return { lost, different, failed, failures, completed };
}

/** Null when the server does not know it. */
export async function ended(server: ServerProcess, id: string): Promise<Download | null> {
  const answer = await server.client.call('getDownload', { id });
  if (answer.status === 404) return null;
  return eventually(async () => {
    const { download } = await server.client.getDownload(id);
    return isTerminal(download.status) ? download : null;
  });
}

/** What yt-dlp or the engine said last of what went wrong; the line after it only names the code. */
async function lastErrorOf({ client }: ServerProcess, id: string): Promise<string> {
  const { lines } = await client.downloadLog(id);
  return lines.findLast(({ text }) => text.startsWith('ERROR: '))?.text ?? 'no word';
}

async function isWhole(home: ServerHome, { url, storage_path }: Download): Promise<boolean> {
  const path = join(home.downloadsDir, (storage_path ?? '').replace('downloads/', ''));
  const source = new URL(url);
  source.searchParams.delete('kib_per_s');
  const { body } = await fetch(source);
  const wanted = createHash('sha256');
  for await (const chunk of body ?? []) wanted.update(chunk);
  const found = createHash('sha256');
  await pipeline(createReadStream(path), found);
  return found.digest('hex') === wanted.digest('hex');
}
