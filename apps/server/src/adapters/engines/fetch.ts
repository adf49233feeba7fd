import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { say, sayAgain, type Said } from '@artemis/contracts';

const FETCH_MS = 15 * 60_000;
const ANSWER_CHARACTERS = 100_000;

/** Asks for one release: the newest of a channel, if it is newer than another version; or exactly one version. */
export interface FetchRequest {
  readonly toolsDir: string;
  readonly python: string;
  readonly channel: 'stable' | 'nightly';
  readonly version?: string;
  readonly newerThan?: string;
}

export type FetchAnswer =
  | { readonly kind: 'fetched'; readonly version: string }
  | { readonly kind: 'nothing_newer' }
  | (Pick<Said, 'message'> & Partial<Said> & { readonly kind: 'failed' });

/** What the program says of a failure that has a sentence here. */
type CodedFailure = Pick<Said, 'code' | 'values'> & { readonly kind: 'failed' };

/** Runs `scripts/fetch-yt-dlp.mjs`, which checks the signature. Never rejects; aborting ends it. */
export async function fetchEngine(
  script: string,
  request: FetchRequest,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<FetchAnswer> {
  const child = spawn(process.execPath, [script], {
    env: environment,
    // By the channel it learns of our end, whatever kind of end that is.
    stdio: ['pipe', 'pipe', 'ignore', 'ipc'],
    detached: true,
  });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  };
  const timer = setTimeout(end, FETCH_MS);
  signal.addEventListener('abort', end, { once: true });
  let text = '';
  try {
    const closed = once(child, 'close');
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(request));
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < ANSWER_CHARACTERS) text += chunk;
    });
    if (signal.aborted) end();
    await closed;
    return answerIn(text);
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

function answerIn(text: string): FetchAnswer {
  const failed = { kind: 'failed', ...say('FETCH_ENDED') } as const;
  try {
    const answer = JSON.parse(text) as FetchAnswer | CodedFailure;
    if (isCoded(answer)) return { kind: 'failed', ...sayAgain(answer) };
    return ['fetched', 'nothing_newer', 'failed'].includes(answer.kind) ? answer : failed;
  } catch {
    return failed;
  }
}

function isCoded(answer: FetchAnswer | CodedFailure): answer is CodedFailure {
  return 'code' in answer && !('message' in answer);
}
