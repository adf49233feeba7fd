import { AuthoritiesError } from './adapters/tools/authorities.ts';
import { FolderInUseError } from './adapters/files/folder-lock.ts';
import { NewerHistoryError } from './adapters/history-document.ts';
import { SettingsFolderError } from './adapters/files/settings-folders.ts';
import { ConfigError } from './config.ts';

/** Exit codes of sysexits.h, so that a supervisor can tell what does not mend itself. */
const EXIT_BAD_CONFIG = 78;
const EXIT_IN_USE = 75;
const EXIT_FAILED = 1;

/** Codes of a folder or file that cannot be used. */
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
  /** For people, with what mends it. */
  readonly sentence: string;
}

/** Why the server cannot start; null for an error that nobody foresaw, whose stack is worth more. */
export function startRefusalOf(error: unknown): StartRefusal | null {
  const { code, syscall, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (error instanceof ConfigError) {
    return { exitCode: EXIT_BAD_CONFIG, sentence: `Artemis cannot start: ${message}` };
  }
  if (error instanceof AuthoritiesError || error instanceof SettingsFolderError) {
    return { exitCode: EXIT_BAD_CONFIG, sentence: message };
  }
  if (error instanceof NewerHistoryError) return { exitCode: EXIT_BAD_CONFIG, sentence: message };
  if (error instanceof FolderInUseError) return { exitCode: EXIT_IN_USE, sentence: message };
  if (syscall === 'listen' && (code === 'EADDRINUSE' || code === 'EACCES')) {
    return {
      exitCode: EXIT_FAILED,
      sentence: `Port ${port} is taken or not allowed. Set PORT to another one, such as PORT=8501.`,
    };
  }
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return {
      exitCode: EXIT_BAD_CONFIG,
      sentence:
        'Artemis cannot start: HOST is no address of this computer. Set HOST=127.0.0.1, or one of its own addresses.',
    };
  }
  if (!PLACE_CODES.includes(code ?? '')) return null;
  return {
    exitCode: EXIT_FAILED,
    sentence: `Artemis cannot start: ${message}. DOWNLOADS_DIR, DATA_DIR, HISTORY_FILE and TOOLS_DIR must be places that this user can write.`,
  };
}
