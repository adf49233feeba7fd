import { openEngineJob } from './engine/engine-connection.ts';
import type { SolveRequest, Solution } from './task.ts';

/** A slow computer needs three seconds. */
const PROOF_MS = 30_000;

/** Lets yt-dlp solve our own challenges within the limits of a download (`engine/solver_proof.py`). Never rejects. */
export async function solve({ engine, folder, memoryBytes }: SolveRequest): Promise<Solution> {
  const lines: string[] = [];
  const runtime = `${engine.jsRuntime?.name}:${engine.jsRuntime?.path}`;
  const options = ['--ignore-config', '--no-plugin-dirs', '--no-remote-components'];
  const job = openEngineJob(
    engine.socketPath,
    {
      program: 'solver',
      argv: [...options, '--no-cache-dir', '--no-js-runtimes', '--js-runtimes', runtime],
      folder,
      limits: { fileSizeBytes: null, memoryBytes },
      egress: { allow: [], proxy: null },
    },
    { onLine: (line) => lines.push(line), onControl: () => undefined },
  );
  const timer = setTimeout(() => job.kill(), PROOF_MS);
  await job.closed;
  clearTimeout(timer);
  const answer = answerIn(lines.at(-1) ?? '');
  if (answer?.solved === true) return { trouble: null };
  const warning = lines.find((line) => line.startsWith('WARNING: '));
  return { trouble: warning ?? answer?.trouble ?? lines.at(-1) ?? 'It took too long.' };
}

function answerIn(line: string): { solved?: unknown; trouble?: string } | null {
  try {
    return JSON.parse(line) as { solved?: unknown; trouble?: string };
  } catch {
    return null;
  }
}
