/** Lines of the log that Artemis itself writes. Those of yt-dlp stay as they are. */
export const ACTIVITY = {
  // The queue.
  QUEUED: ({ name }: Named) => `Queued: ${name}`,
  QUEUED_MANY: ({ count }: { count: number }) => `Queued: ${count} links`,
  QUEUED_AGAIN: () => 'Queued again.',
  KEEPING_WHAT_IS_THERE: () => 'Keeping what is there.',
  FETCHING_PARTS: ({ parts }: { parts: string }) => `Fetching: ${parts}.`,
  CANCELLED: () => 'Cancelled.',
  CANCELLED_ONE: ({ name }: Named) => `Cancelled: ${name}`,
  PAUSED: () => 'Paused.',
  RESUMED: () => 'Resumed.',
  FINISHING_RECORDING: () => 'Finishing the recording.',
  ASKING_SITE_AGAIN: ({ host }: { host: string }) => `Asking ${host} again.`,
  CONTINUES_AFTER_STOP: () => 'The server stopped during this download; it continues now.',
  CONTINUING_INTERRUPTED: ({ count }: { count: number }) =>
    `Continuing ${count} interrupted downloads.`,

  // How an attempt ended.
  STORING_CHECKED: () => 'Already downloaded and checked; storing it.',
  STORED_AS: ({ path }: { path: string }) => `Stored as ${path}.`,
  DONE: () => 'Done.',
  COMPLETED: ({ name }: Named) => `Completed: ${name}`,
  LIST_COMPLETED: ({ name, done, total }: Named & { done: number; total: number }) =>
    `Completed: ${name}, ${done} of ${total} entries.`,
  ENTRY_REFUSED: ({
    index,
    name,
    reason,
  }: Named & { index: number; reason: string; reason_code?: string }) =>
    `Entry ${index} ${name}: ${reason}`,
  FAILED: ({ failure, name, reason }: Failed & Named & { failure: string }) =>
    `Failed (${failure}): ${name}. ${reason}`,
  NEXT_TRY: ({ name, reason, seconds }: Failed & Named & { seconds: number }) =>
    `${name}: ${reason} Next try in ${seconds} s.`,
  LOOKED_AT_AGAIN: ({ name, reason, at }: Failed & Named & { at: string }) =>
    `${name}: ${reason} Looked at again at ${at}.`,
  ATTEMPT_BROKE: () => 'The attempt ended unexpectedly; the server log has the cause.',
  CONTINUES_WITH_NEXT_ENGINE: () =>
    'The engine ended during this download; it continues with the next one.',
  WAITS_FOR_ENGINE: ({ reason, failure }: Failed & { failure: string }) =>
    `${reason} (${failure}) It waits for another yt-dlp.`,
  TRIED_WITH_OTHER_ENGINE: ({ reason, failure }: Failed & { failure: string }) =>
    `${reason} (${failure}) It is tried with another yt-dlp.`,
  ATTEMPT_USED: ({ tier, cpu, memory }: { tier: string; cpu: string; memory: string }) =>
    `Engine ${tier}: CPU ${cpu}, memory at most ${memory}.`,
  PARTS_NOT_FETCHED: ({ name, failure }: Named & { failure: string }) =>
    `${name}: its missing parts could not be fetched (${failure}); what is stored stays.`,
  PARTS_ALL_THERE: ({ name }: Named) => `${name}: nothing is missing any more.`,
  PARTS_STILL_MISSING: ({ name }: Named) => `${name}: something is still missing.`,
  PARTS_NOT_STORED: ({ name }: Named) =>
    `${name}: its missing parts could not be stored; what was stored stays.`,

  // Disk and history.
  DOWNLOADS_WAIT: ({ reason, remedy }: { reason: string; remedy: string }) =>
    `${reason} Downloads wait. ${remedy}`,
  FOLDERS_ARE_BACK: () => 'The folders can be used again; downloads go on.',
  SPACE_IS_BACK: () => 'There is space on the disk again; downloads go on.',
  SPACE_IS_SHORT: () => 'The disk is short of space; new downloads wait.',
  SPACE_NEEDED: ({ needed, space }: { needed: string; space: string }) =>
    `Needs ${needed} on the disk and ${space} may be used; it starts by itself when there is space.`,
  RETENTION_DELETED: ({ count }: { count: number }) =>
    `Retention deleted the files of ${count} downloads.`,
  HISTORY_TRIED_AGAIN: () => 'The history cannot be written; Artemis tries again every second.',
  COOKIES_KEPT: ({ site }: { site: string }) => `Cookies for ${site} are kept.`,
  COOKIES_REPLACED: ({ site }: { site: string }) => `Cookies for ${site} are replaced.`,
  COOKIES_DELETED: ({ site }: { site: string }) => `Cookies for ${site} are deleted.`,

  // Engines.
  ENGINE_IS_NOW: ({ version }: { version: string }) => `yt-dlp is now ${version}.`,
  ENGINE_IS_NOW_MISSING: () => 'yt-dlp is now missing.',
  ENGINE_IS_NONE_NEWER: ({ site }: { site: string }) => `There is no newer yt-dlp for ${site} yet.`,
  SITE_TRIED_WITH: ({ version, site }: { version: string; site: string }) =>
    `yt-dlp is now ${version}; ${site} is tried with it.`,
  FAILED_TRIED_AGAIN: ({ count, version }: { count: number; version: string }) =>
    `${count} downloads that have failed with yt-dlp ${version} are tried again.`,

  // Inside an attempt.
  FETCHED_FILES: ({ files }: { files: string }) => `Fetched: ${files}.`,
  CHECKED_FILES: ({ files }: { files: string }) => `Checked: ${files}.`,
  KEPT_INCOMPLETE: ({ missing }: { missing: string }) => `Kept incomplete: ${missing}.`,
  CONTINUING_WITHOUT: ({ part }: { part: string }) =>
    `Continuing without ${part.replace(/[:_]/g, ' ')}.`,
  STORED_FILE_IS_GONE: () => 'The stored file is gone, so nothing can be put into it.',
  NEW_FILE_IS_DAMAGED: ({ trouble }: { trouble: string }) =>
    `The new file is damaged, so the old one stays: ${trouble}`,
  FILE_OF_SITE_CHANGED: () => 'The file on the site has changed; starting from zero.',
  PAGE_INFO_EXPIRED: () => 'The saved page information has expired; reading the page again.',
  LINKS_EXPIRED: () => 'The links of the site have expired; reading the page again.',
  STREAM_LEFT_TO_FFMPEG: () => 'yt-dlp cannot join this stream; ffmpeg downloads it instead.',
  LINK_IS_NO_LIST: () => 'The link is not a list; downloading it as a single video.',
  SEGMENT_WAS_SKIPPED: () => 'ffmpeg has skipped a segment; downloading the media again.',
  LIST_IS_CUT: ({ count }: { count: number }) =>
    `The list is longer than ${count} entries; the rest is left out.`,
  ENTRIES_LEFT_LIST: ({ count, names }: { count: number; names: string }) =>
    `${count} of the chosen entries are no longer in the list and were left out: ${names}.`,
  ENDING_RECORDING: () => 'Ending the recording.',
  CONTINUING_RECORDING: () => 'Continuing the recording.',
  RECORDING_CONTINUES_LATER: () => 'The recording cannot be continued yet; trying again.',
  LIVE_LIST_NOT_LOADED: () => 'The playlist could not be loaded; trying again.',
} as const;

/** A title, or the host of a link without one. */
export interface Named {
  readonly name: string;
}

/** The sentence of a failure, its code, and what the site has said of it. */
export interface Failed {
  readonly reason: string;
  readonly reason_code?: string;
  readonly reason_detail?: string;
}
