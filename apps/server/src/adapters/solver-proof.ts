import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openEngineJob } from '../worker/engine-connection.ts';
import type { TaskEngine } from '../worker/messages.ts';
import type { WithEngine } from './engine-lease.ts';
import type { Tools } from './tools.ts';

/** A slow computer takes three seconds. */
const PROOF_MS = 30_000;
/** A failure is looked at again after this, since what it came from may have passed. */
const DOUBT_MS = 60_000;
/** Older ones solve in Python, which YouTube has left behind. */
const FIRST_WITH_RUNTIMES = '2025.11.12';

/** Whether this yt-dlp and this runtime solve challenges of the kind YouTube sets. */
export interface SolverProof {
  readonly works: boolean;
  /** What went wrong, in yt-dlp's words or ours. */
  readonly trouble: string | null;
  readonly isEngineTooOld: boolean;
}

export interface SolverProofOptions {
  readonly tools: () => Pick<Tools, 'ytDlp' | 'jsRuntime' | 'solverLibraries'>;
  readonly withEngine: WithEngine;
  /** Below it each proof has a folder of its own. */
  readonly folder: string;
  readonly memoryBytes: number;
}

/**
 * Has yt-dlp solve a player script of ours, as a job with all limits of a download. Resolves to null when there is nothing
 * to try: no runtime, no engine, or a standalone yt-dlp, which can only be tried on YouTube itself. Never rejects.
 */
export function createSolverProof(options: SolverProofOptions): () => Promise<SolverProof | null> {
  let known: { readonly key: string; readonly proof: SolverProof; readonly atMs: number } | null =
    null;
  let running: Promise<SolverProof | null> | null = null;

  async function read(): Promise<SolverProof | null> {
    const { ytDlp, jsRuntime, solverLibraries } = options.tools();
    if (ytDlp === null || ytDlp.kind === 'binary' || jsRuntime === null) return null;
    if (ytDlp.version < FIRST_WITH_RUNTIMES) {
      const trouble = `yt-dlp ${ytDlp.version} knows no JavaScript runtimes.`;
      return { works: false, trouble, isEngineTooOld: true };
    }
    const key = JSON.stringify([
      ytDlp.path,
      ytDlp.version,
      ytDlp.hasEjs,
      jsRuntime,
      solverLibraries,
    ]);
    const isKnown = known?.key === key;
    if (
      known !== null &&
      isKnown &&
      (known.proof.works || performance.now() - known.atMs < DOUBT_MS)
    ) {
      return known.proof;
    }
    const found = await options.withEngine(
      async (engine) => prove(engine, options),
      AbortSignal.timeout(PROOF_MS),
    );
    if (typeof found === 'string') return null;
    known = { key, proof: found, atMs: performance.now() };
    return found;
  }

  return () => {
    running ??= read()
      .catch((error: unknown) => failed(String(error)))
      .finally(() => (running = null));
    return running;
  };
}

async function prove(
  { socketPath, jsRuntime }: TaskEngine,
  { folder: parent, memoryBytes }: SolverProofOptions,
): Promise<SolverProof> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'proof-'));
  const lines: string[] = [];
  const runtime = `${jsRuntime?.name}:${jsRuntime?.path}`;
  const options = ['--ignore-config', '--no-plugin-dirs', '--no-remote-components'];
  const job = openEngineJob(
    socketPath,
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
  await rm(folder, { recursive: true, force: true });
  return proofIn(lines);
}

function proofIn(lines: readonly string[]): SolverProof {
  const answer = answerIn(lines.at(-1) ?? '');
  if (answer?.solved === true) return { works: true, trouble: null, isEngineTooOld: false };
  const warning = lines.find((line) => line.startsWith('WARNING: '));
  return failed(warning ?? answer?.trouble ?? lines.at(-1) ?? 'it took too long');
}

function answerIn(line: string): { solved?: unknown; trouble?: string } | null {
  try {
    return JSON.parse(line) as { solved?: unknown; trouble?: string };
  } catch {
    return null;
  }
}

function failed(trouble: string): SolverProof {
  return { works: false, trouble, isEngineTooOld: false };
}
