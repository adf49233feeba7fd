import { n, plural } from './words.ts';

/** The words of the engine room. */
export const enEngines = {
  engineAll: 'Versions of yt-dlp: use, go back, fetch',
  engineHint:
    'yt-dlp reads the sites. When a site changes, a newer one helps. Each is tried here before it is used.',
  engineChannel: 'Which versions to take',
  engineChannelOf: (channel: string) =>
    ({ stable: 'Stable', nightly: 'Nightly', off: 'Stay on this one' })[channel] ?? channel,
  engineTag: (tag: string) =>
    ({
      in_use: 'In use',
      trying: 'Being tried',
      ready: 'Ready',
      before: 'Before',
      failed: 'Failed',
    })[tag] ?? tag,
  engineReleased: 'Released',
  engineReleasedAgo: (days: number) =>
    days === 0 ? 'today' : days === 1 ? 'yesterday' : `${n(days)} days ago`,
  engineTrial: 'Trial',
  engineTrialSum: (passed: number, all: number) => `${n(passed)} of ${n(all)} passed`,
  engineTrialRuns: (passed: number, all: number) => `running, ${n(passed)} of ${n(all)}`,
  engineTrialNone: 'not tried',
  engineTrialOf: (version: string) => `Trial of ${version}`,
  engineTriedAt: (when: string) => `Tried: ${when}`,
  engineStep: (name: string, site: string | null) =>
    ({
      import: 'Starts',
      solve: 'Solves the puzzle of a player',
      rehearsal: 'Downloads the rehearsal files',
      site: `${site ?? 'A site'}: the newest link opens`,
    })[name] ?? name,
  engineStepState: (state: string) =>
    ({
      running: 'running',
      ok: 'passed',
      warn: 'passed with a remark',
      fail: 'failed',
      skipped: 'left out',
    })[state] ?? state,
  engineWorked: 'Worked here',
  engineWorkedOf: (good: number, all: number) => `${n(good)} of ${n(all)}`,
  engineNotUsed: 'not used yet',
  engineJobs: 'Running with it',
  engineJobsNow: (count: number) =>
    count === 0 ? 'nothing' : `${n(count)} ${plural(count, 'download', 'downloads')}`,
  engineKind: 'Channel',
  engineKindOf: (channel: string | null): string =>
    channel === null ? 'none' : channel === 'nightly' ? 'Nightly' : 'Stable',
  engineSince: 'Used since',
  engineOrigin: 'Comes from',
  engineSource: (source: string, isChecked: boolean) =>
    ({
      release: isChecked ? 'its release, checksum right' : 'its release',
      debian: isChecked ? 'Debian, checksum right' : 'Debian',
      path: 'this computer, used as it is',
      placed: 'placed here by a person',
    })[source] ?? source,
  engineUse: 'Use this one',
  engineUseAnyway: 'Use it anyway',
  engineGoBack: 'Go back to this one',
  engineRemove: (version: string) => `Remove ${version}`,
  engineRemoveBusy: 'It can be removed when nothing runs with it.',
  engineRemoveTitle: (version: string) => `Remove yt-dlp ${version}?`,
  engineRemoveText:
    'Its folder will be deleted. Downloads and their files stay, and it can be fetched again.',
  engineRemoveYes: 'Remove',
  engineKeep: 'Keep it',
  engineUsed: (version: string) => `New downloads start with yt-dlp ${version}.`,
  engineRemoved: (version: string) => `yt-dlp ${version} was removed.`,
  engineFetchNow: 'Fetch now',
  engineFetching: 'Looking for a newer yt-dlp.',
  engineFetchingNow: 'Looking for a newer one…',
  engineStays: 'This yt-dlp stays until you choose otherwise.',
  engineLooked: (when: string, next: string | null) =>
    next === null
      ? `Looked for a newer one: ${when}.`
      : `Looked for a newer one: ${when}. Next: ${next}.`,
  engineNotLooked: 'Not looked for a newer one yet.',
  engineOff: 'No newer one is looked for. Choose Stable or Nightly to get one.',
  enginePinned: (version: string) =>
    `You chose ${version}. It stays until you choose another one or a channel, or press “Fetch now”.`,
  engineFetchProblem: 'No newer yt-dlp could be fetched.',
  engineNone: 'There is no yt-dlp yet, so nothing can be downloaded.',
  engineNoneHint: 'Press “Fetch now”, or run npm run tools in the folder of Artemis.',
  engineNoRoom: 'This server cannot keep versions of yt-dlp side by side. Update Artemis.',
  engineAsOf: (time: string) => `This is what the server said at ${time}.`,
  engineBrokenTitle: (site: string) => `${site} fails for everybody`,
  engineBrokenText: (since: string, version: string, failures: number) =>
    `Since ${since} with yt-dlp ${version}: ${n(failures)} ${plural(failures, 'failure', 'failures')}.`,
  engineBrokenWaiting: (count: number) =>
    count === 0 ? '' : `${n(count)} ${plural(count, 'download waits', 'downloads wait')}.`,
  engineBrokenTrying: (version: string | null) =>
    version === null ? 'A newer one is looked for.' : `yt-dlp ${version} is being tried.`,
  engineTryNow: 'Try it now',
  engineTryNowAt: (site: string) => `Try ${site} now`,
  engineSites: 'Success by site and version',
  engineSitesSpan: 'last 14 days',
  engineSitesNone: 'No downloads in the last 14 days.',
  engineSitesCell: (good: number, all: number) => `${n(good)} of ${n(all)}`,
  engineSitesNotMet: 'no downloads',
  engineSite: 'Site',
  engineSiteDownloads: 'Downloads',
  engineSitesHint: 'It goes back by itself when a site works worse with a new version.',
  engineHappened: 'What happened',
  engineHappenedNone: 'Nothing yet.',
  engineEvent: (code: string, version: string, from: string, site: string) =>
    ({
      FETCHED: `Fetched ${version}.`,
      FETCH_FAILED: 'No newer one could be fetched.',
      TRIAL_PASSED: `${version} passed its trial.`,
      TRIAL_FAILED: `${version} failed its trial.`,
      SWITCHED: from === '' ? `Changed to ${version}.` : `Changed from ${from} to ${version}.`,
      WENT_BACK: from === '' ? `Went back to ${version}.` : `Went back from ${from} to ${version}.`,
      REMOVED: `Removed ${version}.`,
      GONE: `The folder of ${version} is gone.`,
      SITE_BROKEN: `${site} began to fail with ${version}.`,
      SITE_MENDED: `${site} works again.`,
    })[code] ?? '',
  engineRetry: 'Try it with another engine',
  engineRetryWith: (version: string, tag: string) => `${version}, ${tag}`,
  engineRetryNone: 'There is no other yt-dlp here. Fetch one under Engine.',
};
