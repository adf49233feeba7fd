import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

const HOST_PROGRAM = fileURLToPath(new URL('../../../engine/host.py', import.meta.url));
/** The host needs less than this to kill its jobs; after this time the host itself is killed. */
const END_PATIENCE_MS = 8000;

export type EngineHostTier = 'warm' | 'cold';

/** What a host reports about itself when it listens. */
export interface EngineFacts {
  readonly ytDlpVersion: string | null;
  readonly pythonVersion: string;
  readonly hasCryptodome: boolean | null;
  readonly hasEjs: boolean | null;
  readonly sandbox: EngineSandbox;
}

/** How far the kernel restricts jobs, see `engine/sandbox.py`. */
export interface EngineSandbox {
  readonly level: 'full' | 'partial' | 'none';
  /** Missing restrictions: `files`, `truncation`, `reading`, `connections`, `signals`, `system_calls`. */
  readonly missing: readonly string[];
  readonly restrictsConnections: boolean;
}

export interface EngineProcessOptions {
  readonly pythonPath: string;
  /** The first line on the host's stdin, see `engine/settings.py`. */
  readonly settings: object;
  readonly socketPath: string;
  readonly tier: EngineHostTier;
  onReady(facts: EngineFacts): void;
  /** After `onReady`: the sandbox restricts less than the host had reported. */
  onSandbox(sandbox: EngineSandbox): void;
  /** Called once, when the process is gone. `unfitReason`: the self-test failed. `isGone`: yt-dlp is not where it was found. */
  onEnd(how: {
    readonly detail: string;
    readonly unfitReason: string | null;
    readonly isGone: boolean;
  }): void;
  onLog(line: string): void;
}

/** One running engine host. */
export interface EngineProcess {
  readonly tier: EngineHostTier;
  readonly socketPath: string;
  readonly pid: number | undefined;
  /** Null before the host listens and after its end. */
  facts(): EngineFacts | null;
  /** Takes no new jobs and ends with the last running one. */
  drain(): void;
  /** Kills every job and resolves when the process is gone. */
  end(): Promise<void>;
}

/**
 * Starts a host with an environment of its own. Must be called on the main thread: Linux signals the host when the *thread*
 * that started it ends.
 */
export function startEngineProcess(options: EngineProcessOptions): EngineProcess {
  const { socketPath, tier } = options;
  let facts: EngineFacts | null = null;
  let unfitReason: string | null = null;
  let isGone = false;
  let hasEnded = false;

  const child = spawn(options.pythonPath, ['-I', '-B', HOST_PROGRAM], {
    cwd: '/',
    env: {
      PATH: '/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: '/',
      TMPDIR: temporaryFolder(socketPath),
      // Otherwise every forked job resolves the same functions of the C library again.
      LD_BIND_NOW: '1',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A session of its own: only the server handles Ctrl-C and signals to the whole process group.
    detached: true,
  });
  const gone = new Promise<void>((resolve) => {
    const finish = (detail: string): void => {
      if (hasEnded) return;
      hasEnded = true;
      facts = null;
      resolve();
      options.onEnd({ detail, unfitReason, isGone });
    };
    child.on('error', (error) => finish(error.message));
    // 'exit', not 'close': a process that still has our pipe must not hide the end of the host.
    child.on('exit', (code, signal) => finish(signal ?? `exit code ${code}`));
  });
  // 'exit' reports a host that dies during a write.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(options.settings)}\n`);
  createInterface({ input: child.stderr }).on('line', options.onLog);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parseEvent(line);
    if (event === null) return options.onLog(line);
    if (event['event'] === 'unfit') {
      unfitReason = String(event['reason']);
      isGone = event['is_gone'] === true;
    }
    if (event['event'] === 'sandbox' && facts !== null) {
      facts = { ...facts, sandbox: sandboxOf(event) };
      options.onSandbox(facts.sandbox);
    }
    if (event['event'] !== 'ready' || hasEnded) return;
    facts = {
      ytDlpVersion: stringOf(event['yt_dlp_version']),
      pythonVersion: stringOf(event['python_version']) ?? '',
      hasCryptodome: booleanOf(event['has_cryptodome']),
      hasEjs: booleanOf(event['has_ejs']),
      sandbox: sandboxOf(event),
    };
    options.onReady(facts);
  });

  return {
    tier,
    socketPath,
    pid: child.pid,
    facts: () => facts,
    drain() {
      child.stdin.write('{"command":"drain"}\n');
    },
    async end() {
      child.stdin.end();
      // Before it listens, a host has no jobs and does not read its stdin, because it imports yt-dlp.
      const patienceMs = facts === null ? 0 : END_PATIENCE_MS;
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

function temporaryFolder(socketPath: string): string {
  return socketPath.slice(0, socketPath.lastIndexOf('/'));
}

function parseEvent(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function sandboxOf(event: Readonly<Record<string, unknown>>): EngineSandbox {
  const level = stringOf(event['sandbox']);
  const missing = event['sandbox_missing'];
  const names = Array.isArray(missing) ? missing.map(String) : [];
  return {
    level: level === 'full' || level === 'partial' ? level : 'none',
    missing: names,
    restrictsConnections: level !== 'none' && !names.includes('connections'),
  };
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function booleanOf(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}
