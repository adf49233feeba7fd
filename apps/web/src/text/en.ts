import type { CodeWords } from './codes.ts';
import { n, plural } from './words.ts';

/**
 * Every word of the first screen. A message with a figure or a name in it is a function; nothing is joined
 * elsewhere.
 */
export const en = {
  /** Null: the server speaks this language itself. */
  codes: null as CodeWords | null,
  appName: 'Artemis',
  titleRunning: (percent: string, running: number) =>
    `${percent} · ${n(running)} running · Artemis`,
  skipToMain: 'Skip to the content',
  undo: 'Undo',
  more: 'More',
  retry: 'Retry',
  retryWith: 'Retry with…',
  retryBest: 'Use best',
  addCookies: 'Add cookies…',
  cancel: 'Cancel',
  remove: 'Remove',
  save: 'Save file',
  copyPath: 'Copy path',
  copyRemedy: 'Copy the remedy',
  dismiss: 'Dismiss',
  play: 'Play',
  none: 'none',

  // Navigation
  navLabel: 'Views',
  navRoom: 'Room',
  navQueue: 'Queue',
  navLibrary: 'Library',
  navPresets: 'Presets',
  navEngine: 'Engine',
  navSettings: 'Settings',
  navDiagnostics: 'Diagnostics',
  navAdd: 'Add links',
  viewLoading: 'Loading…',
  viewFailed: 'This part of the page could not be loaded.',
  viewFailedHint: 'Either the server is away, or Artemis was updated since this page was opened.',
  loadAgain: 'Load the page again',
  newVersion: 'A newer Artemis is here.',
  noticeText: (done: number, failed: number) =>
    failed === 0 ? `${n(done)} done` : `${n(done)} done, ${n(failed)} failed`,

  // The telemetry strip
  stripLabel: 'Telemetry',
  linkConnecting: 'Connecting',
  linkLive: 'Live',
  linkPolling: 'Polling',
  linkStale: (age: string) => `${age} old`,
  linkOffline: 'Offline',
  linkTitle: (state: string, heard: string | null) =>
    `Connection: ${state}.${heard === null ? '' : ` Last heard ${heard}.`}`,
  clockTitle: (utc: string) => `${utc} UTC`,
  throughputText: (now: string, low: string, high: string) =>
    `Throughput ${now}, in the last minutes ${low} to ${high}`,
  run: 'Run',
  que: 'Queue',
  err: 'Failed',
  runText: (running: number, max: number) => `${n(running)} of ${n(max)} tracks are running`,
  queueText: (count: number) => `${n(count)} waiting`,
  failedText: (count: number) => `${n(count)} failed`,
  disk: 'Disk',
  diskFree: (free: string) => `${free} free`,
  diskUnknown: 'Free space is not known',
  engine: 'yt-dlp',
  engineUnknown: 'unknown',
  engineText: (version: string, state: string, age: string) =>
    `yt-dlp ${version} ${state}, ${age} old`,
  engineMissing: 'yt-dlp is missing',
  engineWorks: 'works',
  engineFails: 'fails',

  // Banners
  offlineTitle: 'The server does not answer.',
  offlineText: (seconds: string) =>
    `What you see is the last that was heard. Next try in ${seconds}.`,
  serverProblem: (problem: string) => `The server has a problem: ${problem}`,
  tryNow: 'Try now',
  siteBroken: (site: string, since: string, version: string) =>
    `${site} has failed for everybody since ${since} with yt-dlp ${version}.`,
  siteBrokenSeeking: 'A newer one is being tried.',
  siteBrokenNext: (time: string) => `One download tries again in ${time}.`,
  siteBrokenTrying: 'One download is trying again.',
  siteBrokenWaiting: (count: number) => `${n(count)} ${plural(count, 'waits', 'wait')}.`,
  tryItNow: 'Try it now',
  notReadyTitle: 'Downloads cannot run yet.',
  attentionTitle: 'Worth a look.',
  checkAgain: 'Check again',
  storageFull: 'The storage of this browser is full. Export the history, then clear it.',

  // Intake
  intakeTitle: 'Intake',
  intakeLabel: 'Links to download',
  intakePlaceholder: 'Paste links or any text with links',
  intakeHint: 'Links are found in any text.',
  intakeHintKeys: 'Ctrl V works anywhere on this page.',
  intakePaste: 'Paste',
  intakeClear: 'Clear',
  intakeFound: (count: number) => `${n(count)} ${plural(count, 'link', 'links')} found`,
  intakeNone: 'No link found in that text.',
  intakeIgnored: (count: number) =>
    `${n(count)} ${plural(count, 'line', 'lines')} without a link ${plural(count, 'is', 'are')} left out`,
  intakeCut: 'That is more than can be taken at once; the rest is left out.',
  intakeAdd: (count: number) => (count === 0 ? 'Add' : `Add ${n(count)}`),
  intakeAdding: 'Adding…',
  intakeAdded: (count: number) => `${n(count)} ${plural(count, 'download', 'downloads')} added.`,
  intakeReview: (count: number): string => (count === 1 ? 'Look at it first' : 'Look through them'),
  intakeKept: (count: number) =>
    `${n(count)} ${plural(count, 'link is', 'links are')} kept here and sent when the server takes them.`,
  intakeDuplicates: (count: number) =>
    `${n(count)} ${plural(count, 'was', 'were')} in the queue already.`,
  outboxTakeBack: 'Take back',
  intakeRefused: 'The server did not take these links:',
  intakeDropRefused: 'Leave them out',
  preset: 'Preset',
  presetCustom: 'Own choice',
  formatPreset: 'Kind',
  quality: 'Quality',
  qualityBest: 'Best',
  qualityUpTo: (height: string) => `Up to ${height}`,
  audioCodec: 'Audio codec',
  audioCodecAny: 'As it is',

  kindSmart: 'Smart (best combined)',
  kindMuxed: 'Video + Audio (muxed)',
  kindAudio: 'Audio only',
  kindSubtitles: 'Subtitle + metadata',
  kindPlaylist: 'Playlist (flat)',

  // The control room
  roomTitle: 'Control room',
  tracks: 'Tracks',
  tracksIdle: (count: number) => `${n(count)} ${plural(count, 'track', 'tracks')} idle`,
  tracksNone: 'Nothing is running.',
  trackNumber: (slot: number) => `Track ${slot}`,
  waitingTitle: 'Waiting',
  needsYou: 'Needs you',
  needsNone: 'Nothing needs you.',
  landed: 'Just landed',
  landedNone: 'Finished downloads land here.',
  hold: 'Hold',
  finishRecording: 'Finish recording',
  keepAsIs: 'Keep it as it is',
  resume: 'Resume',
  holdAll: 'Hold all',
  resumeAll: 'Resume all',
  hosts: 'Sites',
  hostText: (host: string, running: number, queued: number) =>
    `${host}: ${n(running)} running, ${n(queued)} waiting`,
  hostCooling: (host: string, time: string) => `${host} asked us to slow down. Goes on in ${time}.`,
  diskLow: (free: string) => `Only ${free} left on the disk.`,
  engineOld: (age: string) => `yt-dlp is ${age} old. Old versions are the first cause of failures.`,
  engineOldHint: 'Update yt-dlp.',
  seeLibrary: 'See library',
  openDetails: 'Details',
  trackIdle: 'idle',
  seeAllCount: (count: number) => `See all ${n(count)}`,
  firstRunTitle: 'Three steps to the first file',
  firstRunPaste: 'Paste a link, or a whole text with links in it, into the field above.',
  firstRunPick: 'Pick a preset. The first one takes the best there is.',
  firstRunAdd: 'Press Add. The file lands in the downloads folder, and its row lands here.',

  outboxTitle: 'Waiting to be sent',
  outboxText: (count: number) =>
    `${n(count)} ${plural(count, 'link', 'links')} kept in this browser until the server answers.`,

  // Statuses and phases
  statusQueued: 'Waiting',
  statusRunning: 'Running',
  statusPaused: 'Held',
  statusCompleted: 'Done',
  statusFailed: 'Failed',
  statusCancelled: 'Cancelled',
  phaseExtracting: 'Reading',
  phaseDownloading: 'Downloading',
  phaseProcessing: 'Joining',
  phaseVerifying: 'Checking',
  phaseStoring: 'Storing',
  waitingSlot: 'waiting for a free track',
  waitingRetry: (time: string) => `tries again in ${time}`,
  waitingRetrySoon: 'tries again soon',
  waitingHost: 'waiting for other downloads from this site',
  waitingSite: (time: string) => `its site is left alone for ${time}`,
  waitingEngine: 'its site has changed, waiting for another yt-dlp',
  waitingDisk: 'waiting for the disk',
  tryNowAt: (host: string) => `Try now: ${host}`,
  toastTryNow: (host: string) => `Asking ${host} again.`,
  waitingRelease: (at: string) => `not out yet, looked at again ${at}`,
  waitingReleaseSoon: 'not out yet, looked at again soon',
  leavingCancel: 'Being cancelled',
  leavingRemove: 'Being removed',
  fileKept: (left: string) => `kept for ${left}`,
  fileGone: 'The file is no longer kept',
  progressText: (percent: string, left: string) => `${percent}, ${left} left`,
  progressLabel: (title: string) => `Progress of ${title}`,
  attempt: (count: number) => `Attempt ${n(count)}`,
  sizeOf: (done: string, total: string) => `${done} of ${total}`,
  actionsOf: (title: string) => `Actions for ${title}`,
  warnings: (count: number) => `${n(count)} ${plural(count, 'remark', 'remarks')}`,

  entriesState: (done: number, total: number, failed: number, skipped: number): string =>
    [
      `${n(done)} of ${n(total)} ${plural(total, 'entry', 'entries')}`,
      failed > 0 ? `${n(failed)} failed` : '',
      skipped > 0 ? `${n(skipped)} left out` : '',
    ]
      .filter((part) => part !== '')
      .join(', '),

  // Toasts and errors
  toastsLabel: 'Messages',
  toastCancelled: (count: number) =>
    `${n(count)} ${plural(count, 'download', 'downloads')} cancelled.`,
  toastRemoved: (count: number) =>
    `${n(count)} ${plural(count, 'row', 'rows')} removed. Files stay where they are.`,
  toastHeld: (count: number) => `${n(count)} ${plural(count, 'download', 'downloads')} held.`,
  toastResumed: (count: number) => `${n(count)} ${plural(count, 'download', 'downloads')} resumed.`,
  toastRetried: (count: number) =>
    `${n(count)} ${plural(count, 'download', 'downloads')} queued again.`,
  toastFinishing: 'The recording ends with what it has.',
  toastKeeping: 'What is there is being made a file.',
  toastPriority: 'Priority changed.',
  toastDeleted: (count: number) =>
    `Files of ${n(count)} ${plural(count, 'download', 'downloads')} deleted.`,
  toastCopied: (what: string) => `Copied: ${what}`,
  toastNotCopied: (what: string) => `This browser does not allow copying. Here it is: ${what}`,
  errorQueueFull: 'The queue of the server is full. Wait until some downloads have ended.',
  errorSlowDown: (time: string) => `Too many requests. Try again in ${time}.`,
  errorAnswered: (status: number) => `The server answered ${status}.`,
  errorUnreachable: 'The server cannot be reached.',
  saidFinished: (count: number) =>
    `${n(count)} ${plural(count, 'download', 'downloads')} finished.`,
  saidFailed: (count: number) => `${n(count)} failed.`,
};

export type FirstWords = typeof en;
