import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Solution, SolveRequest } from '../../worker/task.ts';
import type { WithEngine } from './engine-lease.ts';
import type { Tools } from '../tools/tools.ts';

/** Longest wait for a starting engine. */
const ENGINE_WAIT_MS = 15_000;
/** A failed proof is repeated after this time, because its cause may have passed. */
const DOUBT_MS = 60_000;
/** Older versions solve challenges in Python, which no longer works for YouTube. */
const FIRST_WITH_RUNTIMES = '2025.11.12';

/** Whether this yt-dlp and this runtime solve challenges of the kind YouTube sets. */
export interface SolverProof {
  readonly works: boolean;
  /** What went wrong, in the words of yt-dlp or of Artemis. */
  readonly trouble: string | null;
  readonly isEngineTooOld: boolean;
}

export interface SolverProofOptions {
  readonly tools: () => Pick<Tools, 'ytDlp' | 'jsRuntime' | 'solverLibraries'>;
  readonly withEngine: WithEngine;
  readonly solve: (request: SolveRequest) => Promise<Solution>;
  /** Each proof gets a subfolder. */
  readonly folder: string;
  readonly memoryBytes: number;
}

/**
 * Lets yt-dlp solve our own player script. Resolves to null when nothing can be tried: there is no runtime or no engine, or
 * yt-dlp is standalone, which could only be tried on YouTube itself. A success is kept until the tools change. Never
 * rejects; concurrent calls share one proof.
 */
export function createSolverProof(options: SolverProofOptions): () => Promise<SolverProof | null> {
  let known: { readonly key: string; readonly proof: SolverProof; readonly atMs: number } | null =
    null;
  let running: Promise<SolverProof | null> | null = null;

  async function read(): Promise<SolverProof | null> {
    const { memoryBytes } = options;
    const { ytDlp, jsRuntime, solverLibraries } = options.tools();
    if (ytDlp === null || ytDlp.kind === 'binary' || jsRuntime === null) return null;
    if (ytDlp.version < FIRST_WITH_RUNTIMES) {
      const trouble = `yt-dlp ${ytDlp.version} cannot use a JavaScript runtime.`;
      return { works: false, trouble, isEngineTooOld: true };
    }
    const { path, version, hasEjs } = ytDlp;
    const key = JSON.stringify([path, version, hasEjs, jsRuntime, solverLibraries]);
    if (known?.key === key) {
      if (known.proof.works || performance.now() - known.atMs < DOUBT_MS) return known.proof;
    }
    const found = await options.withEngine(
      (engine) => inOwnFolder((folder) => options.solve({ engine, folder, memoryBytes })),
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
