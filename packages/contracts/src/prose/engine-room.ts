/** What `GET /engines` says: trials, what happened to versions, and why none could be fetched. */
export const ENGINE_ROOM = {
  // Why a step of a trial failed.
  TRIAL_DOES_NOT_RUN: () => 'It does not run here.',
  TRIAL_NOT_READY: () => 'It was not ready in time.',
  TRIAL_STOPPED: () => 'The server stops.',
  TRIAL_PROBE_STOPPED: () => 'The probe was stopped.',
  TRIAL_NOT_WHOLE: () =>
    'It cannot be loaded: it is not whole, or not made for the Python of this computer.',
  TRIAL_WITHOUT_RUNTIMES: ({ version }: { version: string }) =>
    `yt-dlp ${version} cannot use a JavaScript runtime.`,
  /** A look at a link has failed: `reason_code` is that of the failure, which is the prose as well. */
  TRIAL_SITE_FAILED: ({ reason }: { reason: string; reason_code: string }) => reason,

  // What happened, for the console too.
  ENGINE_PASSED: ({ version }: { version: string }) => `yt-dlp ${version} has passed its trial.`,
  ENGINE_FAILED_STEP: ({ version, step, reason }: EngineFailed) =>
    `yt-dlp ${version} has failed its trial (${step}) and is not used: ${reason}`,
  ENGINE_FAILED_SITE: ({ version, step, site, reason }: EngineFailed & { site: string }) =>
    `yt-dlp ${version} has failed its trial (${step} of ${site}) and is not used: ${reason}`,
  ENGINE_SWITCHED: ({ version }: { version: string }) =>
    `New downloads run with yt-dlp ${version}.`,
  ENGINE_SWITCHED_AS_ASKED: ({ version }: { version: string }) =>
    `New downloads run with yt-dlp ${version}, as was asked.`,
  ENGINE_BACK_FOR_TRIAL: ({ version, from }: { version: string; from: string }) =>
    `New downloads run with yt-dlp ${version}: ${from} has failed its trial.`,
  ENGINE_BACK_FOR_SITE: ({
    version,
    from,
    site,
  }: {
    version: string;
    from: string;
    site: string;
  }) => `New downloads run with yt-dlp ${version} again: with ${from} ${site} got worse.`,
  ENGINE_FOLDER_GONE: ({ version }: { version: string }) =>
    `The folder of yt-dlp ${version} is gone; downloads go on with what was loaded of it.`,
  ENGINE_GONE: ({ version, from }: { version: string; from: string }) =>
    `yt-dlp ${from} is gone; new downloads run with ${version}.`,
  ENGINE_REMOVED: ({ version }: { version: string }) => `yt-dlp ${version} was removed.`,
  ENGINE_FETCHED: ({ version }: { version: string }) =>
    `yt-dlp ${version} was fetched and is being tried.`,
  ENGINE_NOT_FETCHED: ({
    version,
    reason,
  }: {
    version: string;
    reason: string;
    reason_code?: string;
  }) => `yt-dlp ${version} could not be fetched: ${reason}`,
  CHANNEL_NOT_FETCHED: ({
    channel,
    reason,
  }: {
    channel: string;
    reason: string;
    reason_code?: string;
  }) => `yt-dlp of the channel "${channel}" could not be fetched: ${reason}`,
  SITE_BROKEN: ({ site, version }: { site: string; version: string }) =>
    `${site} fails for everybody with yt-dlp ${version}; its downloads wait, and a newer one is looked for.`,
  SITE_MENDED: ({ site, version }: { site: string; version: string }) =>
    `${site} works again with yt-dlp ${version}.`,

  // Why nothing could be fetched, where `scripts/fetch-yt-dlp.mjs` names the code.
  FETCH_ENDED: () => 'The program that fetches it has ended.',
  FETCH_DISK_FULL: () => 'There is no space left on the disk.',
  FETCH_FOLDER_READ_ONLY: ({ folder }: { folder: string }) =>
    `The tools folder ${folder} cannot be written.`,
  FETCH_BY_HAND: () =>
    'Run "npm run tools -- newer" in the folder of Artemis, or put a yt-dlp into its tools folder.',
} as const;

export interface EngineFailed {
  readonly version: string;
  readonly step: string;
  readonly reason: string;
  readonly reason_code?: string;
}
