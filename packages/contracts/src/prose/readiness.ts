/** What `GET /readyz` says of each condition. */
export const READINESS = {
  ENGINE_RUNS: () => 'yt-dlp can be run.',
  FFMPEG_RUNS: () => 'ffmpeg can be run.',
  FFPROBE_RUNS: () => 'ffprobe can be run.',
  ENGINE_NOT_RUNNING: () => 'The engine is not running.',
  ENGINE_STALE: ({ version, path }: { version: string; path: string }) =>
    `yt-dlp ${version} (${path}) is too old; many sites will fail.`,
  ENGINE_FILE_GONE: ({ version, path }: { version: string; path: string }) =>
    `yt-dlp ${version} is no longer at ${path}. Downloads continue with the loaded copy until the server stops.`,
  TOOL_NOT_FOUND: ({ tool }: { tool: string }) => `${tool} was not found.`,
  PYTHON_NOT_FOUND: () => 'Python 3.9 or newer was not found.',
  SETTING_DOES_NOT_RUN: ({ setting, path }: { setting: string; path: string }) =>
    `${setting} is set to ${path}, which does not run.`,
  PYTHON_DOES_NOT_RUN: ({ path }: { path: string }) =>
    `PYTHON_PATH is set to ${path}, which does not run. It must be Python 3.9 or newer.`,
  RUNTIME_NONE: () => 'There is no JavaScript runtime.',
  RUNTIME_NOT_FOUND: () => NO_RUNTIME,
  SCRIPTS_NOT_FOUND: () => NO_SCRIPTS,
  RUNTIME_AND_SCRIPTS_NOT_FOUND: () => `${NO_RUNTIME} ${NO_SCRIPTS}`,
  SOLVER_ENGINE_TOO_OLD: ({ trouble }: { trouble: string }) =>
    `This yt-dlp is too old for YouTube: ${trouble}`,
  SOLVER_DOES_NOT_WORK: ({
    runtime,
    version,
    trouble,
  }: {
    runtime: string;
    version: string;
    trouble: string;
  }) => `${runtime} and yt-dlp ${version} do not solve the challenges of YouTube: ${trouble}`,
  RUNTIME_SOLVES: ({ runtime }: { runtime: string }) => solves(runtime),
  RUNTIME_SOLVES_OFFLINE: ({ runtime }: { runtime: string }) =>
    `${solves(runtime)} ${LAST_RESORT_OFFLINE}`,
  RUNTIME_SOLVES_EXPOSED: ({ runtime }: { runtime: string }) =>
    `${solves(runtime)} ${LAST_RESORT_EXPOSED}`,
  RUNTIME_UNTRIED: ({ runtime }: { runtime: string }) => untried(runtime),
  RUNTIME_UNTRIED_OFFLINE: ({ runtime }: { runtime: string }) =>
    `${untried(runtime)} ${LAST_RESORT_OFFLINE}`,
  RUNTIME_UNTRIED_EXPOSED: ({ runtime }: { runtime: string }) =>
    `${untried(runtime)} ${LAST_RESORT_EXPOSED}`,
  PLUGINS_UNREADABLE: ({ folder }: { folder: string }) =>
    `The folder of PLUGINS_DIR cannot be read: ${folder}. Downloads run without plugins.`,
  PLUGINS_NONE: ({ folder }: { folder: string }) => `There is no plugin in ${folder}.`,
  PLUGINS_LOADED: ({ names }: { names: string }) => `Loaded with each download: ${names}.`,
  SANDBOX_FULL: () => 'Downloads run in a full sandbox.',
  SANDBOX_NONE: () => 'Downloads run without a sandbox of the kernel.',
  SANDBOX_PARTIAL: ({ unrestricted }: { unrestricted: string }) =>
    partialSandbox(unrestricted.split(', ')),
  FOLDERS_FINE: ({ folder }: { folder: string }) =>
    `The ${folder} folder and the data folder can be written.`,
  FOLDER_MISSING: ({ folder, path }: FolderValues) => `The ${folder} folder ${path} is missing.`,
  FOLDER_REPLACED: ({ folder, path }: FolderValues) =>
    `The ${folder} folder ${path} is another one than at the start.`,
  FOLDER_NOT_WRITABLE: ({ folder, path }: FolderValues) =>
    `The ${folder} folder ${path} cannot be written.`,
  FOLDER_READ_ONLY: ({ folder, path }: FolderValues) =>
    `The ${folder} folder ${path} is read-only.`,
  FOLDER_ON_FULL_DISK: ({ folder, path }: FolderValues) =>
    `The ${folder} folder ${path} is on a full disk.`,
  FOLDER_TAKEN: ({ folder }: { folder: string }) =>
    `Another Artemis has taken the ${folder} folder, so nothing can be downloaded here.`,
  FOLDER_NOT_LOCKED: ({ folder }: { folder: string }) =>
    `The ${folder} folder cannot be locked, so nothing keeps a second Artemis out of it.`,
  HISTORY_FINE: () => 'The history file can be read and written.',
  HISTORY_NOT_WRITABLE: () => 'The history file cannot be written.',
  HISTORY_RESTORED: ({ aside }: { aside: string }) =>
    `The history file was damaged. It was kept as ${aside}; the last good copy is in use.`,
  HISTORY_LOST: ({ aside }: { aside: string }) =>
    `The history file was damaged. It was kept as ${aside}; no good copy was found.`,
  HISTORY_ENTRIES_LOST: ({ count, aside }: { count: number; aside: string }) =>
    `${count} entries of the history could not be read. The whole file was kept as ${aside}.`,
  HISTORY_OF_OTHER_JOURNAL: ({ names }: { names: string }) =>
    `The journal beside the history file belongs to another file: a history was put in its place, or was damaged. Its changes were not used. It was kept as ${names}.`,
  JOURNAL_ENTRIES_LOST: ({ count, names }: { count: number; names: string }) =>
    `${count} entries of the journal of the history were damaged; all others were used. The journal was kept as ${names}.`,
  ARCHIVE_ENTRIES_LOST: ({ count, aside }: { count: number; aside: string }) =>
    `${count} entries of the archive of the history could not be read. It was kept as ${aside}.`,
  ARCHIVE_NOT_READABLE: ({ path, reason }: { path: string; reason: string }) =>
    `The archive of the history (${path}) could not be read: ${reason}.`,
  HISTORY_NOT_WRITTEN_ANEW: () =>
    'The history file cannot be written anew; its newest changes are in the journal beside it.',
  CLOCK_FINE: () => 'The clock of this computer can be believed.',
  CLOCK_IS_BACK: ({ hours }: { hours: number }) =>
    `The clock of this computer has jumped by more than a day, and is back. No old file is deleted for the next ${hours} h.`,
  CLOCK_AHEAD: ({ days, hours }: { days: number; hours: number }) =>
    `The clock of this computer has jumped ahead by ${days} ${days === 1 ? 'day' : 'days'}. No old file is deleted for the next ${hours} h.`,
  CLOCK_BEHIND: ({ days, hours }: { days: number; hours: number }) =>
    `The clock of this computer has jumped back by ${days} ${days === 1 ? 'day' : 'days'}. No old file is deleted for the next ${hours} h.`,
  PROCESS_ONE: () =>
    'Artemis is process 1 of this container, where nobody reaps processes that lose their parent.',

  // What to do, where that is a sentence and not a command.
  LOOK_AND_RESTART: () => 'Find the cause in the log of the server, and start the server again.',
  PUT_ENGINE_BACK: ({ version }: { version: string }) =>
    `Put it back, or start Artemis again to use yt-dlp ${version}.`,
  MAKE_PLUGINS_FOLDER: () =>
    'Make this folder, let the user of the server read it, or unset PLUGINS_DIR.',
  ADD_PLUGINS: () =>
    'Put each plugin there as <any name>/yt_dlp_plugins/extractor/<plugin>.py, or as its zip file.',
  INSTALL_SYSTEM_PACKAGES: () =>
    'Install ffmpeg and the JavaScript runtime from the packages of your system.',
  USE_NEWER_LINUX: () =>
    'Run Artemis on Linux 6.12 or newer with Landlock enabled, on x86-64 or arm64.',
  MOUNT_OR_CREATE: () =>
    'Mount its disk again. If it was deleted, restart Artemis, which creates it.',
  MOUNT_OR_TAKE: () =>
    'Mount its disk again. If this folder is to be used from now on, restart Artemis.',
  ALLOW_WRITING: () => 'Allow the user of the server to write to it.',
  MOUNT_FOR_WRITING: () =>
    'Mount its disk for writing. The system makes a disk with errors read-only.',
  FREE_SPACE: () => 'Free space on its disk.',
  STOP_ONE_OF_TWO: ({ setting }: { setting: string }) =>
    `Stop one of the two, or set ${setting} of one of them to another folder.`,
  KEEP_OTHERS_OUT: () => KEEP_OUT,
  KEEP_OTHERS_OUT_OF_DOWNLOADS: ({ folder }: { folder: string }) =>
    `${KEEP_OUT} ${folder} in it must be a folder.`,
  FREE_SPACE_OR_ALLOW: () =>
    'Free space on its disk, or allow the user of the server to write the file.',
  FREE_SPACE_FOR_TWO: () =>
    'Free space on its disk: a second history file has to fit beside the first.',
  LOOK_FOR_RECORDS: () => 'Look for missing records in that file.',
  CHECK_CLOCK: () =>
    'Was the computer off or asleep for that long? Then nothing needs to be done. If not, set its clock.',
  USE_INIT: () => 'Start the container with an init, for example docker run --init.',
} as const;

const NO_RUNTIME =
  'No JavaScript runtime (Deno 2.3 or newer, or Node 22 or newer) was found; YouTube needs one.';
const NO_SCRIPTS = 'This yt-dlp comes without the scripts (yt-dlp-ejs) that YouTube needs.';

const KEEP_OUT =
  'Make sure that only one server uses it, or move it to a file system with exclusive file creation.';

function solves(runtime: string): string {
  return `${runtime} solves challenges like those of YouTube.`;
}

function untried(runtime: string): string {
  return `${runtime} is there for the challenges of YouTube; whether it solves them was not tried.`;
}

export interface FolderValues {
  /** `downloads`, `scratch` or `data`. */
  readonly folder: string;
  readonly path: string;
}

const LAST_RESORT_OFFLINE = 'It is the last resort, as only the kernel keeps its scripts offline.';
const LAST_RESORT_EXPOSED =
  'It is the last resort: neither this Node nor the kernel keeps its scripts from private addresses.';

/** What a partial sandbox may leave unrestricted. */
export const SANDBOX_PARTS: Readonly<Record<string, string>> = {
  files: 'which files they read and write',
  truncation: 'which files they cut short',
  reading:
    'which files they read, because ffmpeg or the JavaScript runtime does not start otherwise',
  connections: 'where ffmpeg connects to',
  signals: 'which processes they signal',
  system_calls: 'which system calls they make',
};

function partialSandbox(unrestricted: readonly string[]): string {
  const parts = unrestricted.map((part) => SANDBOX_PARTS[part] ?? part).join('; ');
  return `Downloads run in a partial sandbox. Not restricted: ${parts}.`;
}
