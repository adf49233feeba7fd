/** The code that the system or Node gave an error, such as `ENOENT`; null when it has none. */
export function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

/** Whether there is no space for what was to be written: on the disk, or in what this user may have of it. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** The same in the words of yt-dlp, Python and ffmpeg: Linux numbers these two 28 and 122. */
export const DISK_FULL_WORDS = /\[Errno (28|122)\]|No space left on device|Disk quota exceeded/;
