import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Solution, SolveRequest } from '../../worker/task.ts';
import type { WithEngine } from './engine-lease.ts';
import type { Tools } from '../tools/tools.ts';

/** How long an answer waits for an engine that is starting. */
const ENGINE_WAIT_MS = 15_000;
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
  readonly solve: (request: SolveRequest) => Promise<Solution>;
  /** Below it each proof has a folder of its own. */
  readonly folder: string;
  readonly memoryBytes: number;
}

/**
 * Has yt-dlp solve a player script of ours. Resolves to null when there is nothing to try: no runtime, no engine, or a
 * standalone yt-dlp, which can only be tried on YouTube itself. A success is remembered until the tools change. Never
 * rejects; calls at the same time share a proof.
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
    const { path, version, hasEjs } = ytDlp;
    const key = JSON.stringify([path, version, hasEjs, jsRuntime, solverLibraries]);
    if (known?.key === key) {
      if (known.proof.works || performance.now() - known.atMs < DOUBT_MS) return known.proof;
    }
    const found = await options.withEngine(
      (engine) => inOwnFolder((folder) => options.solve({ ...options, engine, folder })),
      AbortSignal.timeout(ENGINE_WAIT_MS),
    );
    if (typeof found === 'string') return null;
    known = { key, proof: proofOf(found.trouble), atMs: performance.now() };
    return known.proof;
  }

  async function inOwnFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    await mkdir(options.folder, { recursive: true });
    const folder = await mkdtemp(join(options.folder, 'proof-'));
    return use(folder).finally(() => rm(folder, { recursive: true, force: true }));
  }

  return () => {
    running ??= read()
      .catch((error: unknown) => proofOf(String(error)))
      .finally(() => (running = null));
    return running;
  };
}

function proofOf(trouble: string | null): SolverProof {
  return { works: trouble === null, trouble, isEngineTooOld: false };
}
