import { AuthoritiesError } from './adapters/tools/authorities.ts';
import { FolderInUseError } from './adapters/files/folder-lock.ts';
import { NewerHistoryError } from './adapters/history/document.ts';
import { S3SettingsError } from './adapters/s3/s3-problem.ts';
import { SettingsFolderError } from './adapters/files/settings-folders.ts';
import { ConfigError } from './config-error.ts';

/** Exit codes of sysexits.h, from which a supervisor learns that a restart does not help. */
const EXIT_BAD_CONFIG = 78;
const EXIT_IN_USE = 75;
const EXIT_FAILED = 1;

/** Error codes of a folder or file that cannot be used. */
const PLACE_CODES: readonly string[] = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ENOSPC',
];

export interface StartRefusal {
  readonly exitCode: number;
  /** For people: the cause and what to do. */
  readonly sentence: string;
}

/** Why the server cannot start; null for an unforeseen error, whose stack trace says more. */
export function startRefusalOf(error: unknown): StartRefusal | null {
  const { code, syscall, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (error instanceof ConfigError) {
    return { exitCode: EXIT_BAD_CONFIG, sentence: `Artemis cannot start: ${message}` };
  }
  if (error instanceof AuthoritiesError || error instanceof SettingsFolderError) {
    return { exitCode: EXIT_BAD_CONFIG, sentence: message };
  }
  if (error instanceof S3SettingsError) return { exitCode: EXIT_BAD_CONFIG, sentence: message };
  if (error instanceof NewerHistoryError) return { exitCode: EXIT_BAD_CONFIG, sentence: message };
  if (error instanceof FolderInUseError) return { exitCode: EXIT_IN_USE, sentence: message };
  if (syscall === 'listen' && (code === 'EADDRINUSE' || code === 'EACCES')) {
    return {
      exitCode: EXIT_FAILED,
      sentence: `Port ${port} is in use or not allowed. Set PORT to another port, such as PORT=8501.`,
    };
  }
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return {
      exitCode: EXIT_BAD_CONFIG,
      sentence:
        'Artemis cannot start: HOST is not an address of this computer. Set HOST=127.0.0.1, or another address of this computer.',
    };
  }
  if (!PLACE_CODES.includes(code ?? '')) return null;
  return {
    exitCode: EXIT_FAILED,
    sentence: `Artemis cannot start: ${message}. This user must be able to write to DOWNLOADS_DIR, DATA_DIR, HISTORY_FILE and TOOLS_DIR.`,
  };
}
