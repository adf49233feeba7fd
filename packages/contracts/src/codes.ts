/**
 * Every code that a caller can get. A request code comes with an HTTP status in a problem document. A failure code is
 * data on a record, never an HTTP status. Codes are stable: clients branch on them, not on sentences.
 */

export const REQUEST_CODES = {
  VALIDATION_FAILED: { status: 400, title: 'The request is not valid' },
  URL_NOT_ALLOWED: { status: 400, title: 'This URL cannot be downloaded' },
  PRESET_UNKNOWN: { status: 400, title: 'There is no such preset' },
  COOKIES_INVALID: { status: 400, title: 'These cookies cannot be used' },
  UNAUTHORIZED: { status: 401, title: 'A valid token is needed' },
  FORBIDDEN_HOST: { status: 403, title: 'The server does not answer to this host name' },
  FORBIDDEN_ORIGIN: { status: 403, title: 'Requests from another site are refused' },
  SIGNATURE_INVALID: { status: 403, title: 'This file link is not valid' },
  DOWNLOAD_NOT_FOUND: { status: 404, title: 'There is no such download' },
  HOST_NOT_PARKED: { status: 404, title: 'No downloads wait for this site' },
  COOKIES_NOT_FOUND: { status: 404, title: 'No cookies are kept for this site' },
  ENGINE_NOT_FOUND: { status: 404, title: 'There is no such version of yt-dlp here' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is nothing at this address' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This method is not allowed here' },
  NOT_ACCEPTABLE: { status: 406, title: 'The requested media type is not available' },
  NOT_CANCELLABLE: { status: 409, title: 'This download has already ended' },
  NOT_RETRYABLE: { status: 409, title: 'This download cannot be retried' },
  NOT_PAUSABLE: { status: 409, title: 'This download cannot be paused now' },
  NOT_RESUMABLE: { status: 409, title: 'This download is not paused' },
  NOT_FINISHABLE: { status: 409, title: 'This is not a running live recording' },
  STILL_ACTIVE: { status: 409, title: 'This download has not ended yet' },
  ENGINE_IN_USE: { status: 409, title: 'This yt-dlp is in use, or Artemis did not install it' },
  IDEMPOTENCY_CONFLICT: { status: 409, title: 'This idempotency key was used for another request' },
  FILE_CHANGED: { status: 409, title: 'The file was edited or replaced since it was stored' },
  FILE_EXPIRED: { status: 410, title: 'The file is no longer kept' },
  REV_GONE: { status: 410, title: 'This revision is no longer known' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Only application/json is accepted' },
  RANGE_NOT_SATISFIABLE: { status: 416, title: 'This range is outside the file' },
  PROBE_FAILED: { status: 422, title: 'The link could not be read' },
  QUEUE_FULL: { status: 429, title: 'The queue is full' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  TOO_MANY_PROBES: { status: 429, title: 'Too many probes are running' },
  INTERNAL: { status: 500, title: 'Something went wrong on the server' },
  STORE_UNAVAILABLE: { status: 503, title: 'The history cannot be written' },
  SHUTTING_DOWN: { status: 503, title: 'The server is stopping' },
} as const satisfies Record<string, { status: number; title: string }>;

export type RequestCode = keyof typeof REQUEST_CODES;
export const REQUEST_CODE_NAMES = Object.keys(REQUEST_CODES) as RequestCode[];

export const FAILURES = {
  UNSUPPORTED_SITE: {
    isRetryable: false,
    message: 'yt-dlp cannot read media from this page.',
    hint: 'Paste the link of the page that shows the video itself. If the site is new, update yt-dlp.',
  },
  MEDIA_UNAVAILABLE: {
    isRetryable: false,
    message: 'The media is not available: it was removed, is private, or the link is wrong.',
    hint: 'Open the link in a browser to check that it still plays.',
  },
  GEO_RESTRICTED: {
    isRetryable: false,
    message: 'The site does not offer this media in your country.',
    hint: 'Retry with a proxy in a country where it is offered.',
  },
  LOGIN_REQUIRED: {
    isRetryable: false,
    message: 'The site asks for a sign-in.',
    hint: 'Sign in with your browser, give Artemis the cookies of this site, then retry.',
  },
  PAYMENT_REQUIRED: {
    isRetryable: false,
    message: 'The site offers this media only to people who pay for it.',
    hint: 'Sign in with your browser to an account that has paid, give Artemis the cookies of this site, then retry.',
  },
  SITE_REFUSED: {
    isRetryable: false,
    message: 'The site has refused this.',
    hint: 'The quoted words come from the site or from yt-dlp. Open the link in a browser to see what the site asks for.',
  },
  IMPERSONATION_NEEDED: {
    isRetryable: false,
    message: 'The site answers only browsers.',
    hint: 'Artemis cannot imitate a browser, and waiting does not help. Look for the same media on another page.',
  },
  FORMAT_UNAVAILABLE: {
    isRetryable: false,
    message: 'The requested format or section is not offered for this media.',
    hint: 'Retry with the quality "best", another preset, or a section that begins before the end of the media.',
  },
  FRAGMENTS_MISSING: {
    isRetryable: false,
    message: 'Some segments of this media are gone from the site, so the file would have holes.',
    hint: 'Retry later: only the missing segments are fetched again. Or keep the file with its holes, or try another quality.',
  },
  DRM_PROTECTED: {
    isRetryable: false,
    message: 'The media is protected by DRM and cannot be downloaded.',
    hint: 'Look for another source of the same media.',
  },
  TOO_LARGE: {
    isRetryable: false,
    message: 'The file is larger than the limit of this server.',
    hint: 'Retry with a lower quality, or raise MAX_FILE_SIZE.',
  },
  EGRESS_BLOCKED: {
    isRetryable: false,
    message: 'The link leads to a private address, or over a connection that cannot be checked.',
    hint: 'The log says what was refused. If you trust that address, add its host:port to EGRESS_ALLOW and restart the server.',
  },
  INVALID_MEDIA: {
    isRetryable: false,
    message: 'The site did not send playable media.',
    hint: 'Open the link in a browser to see what it shows, and paste the link of the page that plays the media.',
  },
  UNSAFE_TYPE: {
    isRetryable: false,
    message: 'The site offered a file type that is not media, so the file was not kept.',
    hint: 'Check that the link is the one you meant.',
  },
  ENGINE_MISSING: {
    isRetryable: false,
    message: 'yt-dlp, Python or ffmpeg is missing on this computer.',
    hint: 'Run the command that /readyz names, then retry.',
  },
  ENGINE_OUTDATED: {
    isRetryable: false,
    message: 'The installed yt-dlp is too old for this site.',
    hint: 'Run "npm run tools -- newer" in the folder of Artemis, wait a minute, then retry.',
  },
  RUNTIME_MISSING: {
    isRetryable: false,
    message: 'This site needs a JavaScript runtime, and there is none on this computer.',
    hint: 'Run "npm run tools" in the folder of Artemis, wait a minute, then retry.',
  },
  SOLVER_MISSING: {
    isRetryable: false,
    message: 'yt-dlp lacks the scripts that solve the challenges of this site.',
    hint: 'Run "npm run tools" in the folder of Artemis, wait a minute, then retry.',
  },
  SOLVER_FAILED: {
    isRetryable: false,
    message: 'yt-dlp could not solve the challenges of this site; they may have changed.',
    hint: 'If /readyz says that solving works, a newer yt-dlp may help: run "npm run tools -- newer" in the folder of Artemis, wait a minute, then retry.',
  },
  SITE_CHANGED: {
    isRetryable: true,
    message: 'The site has changed, and this yt-dlp cannot download from it.',
    hint: 'Wait: the download goes on by itself with another yt-dlp, or when the site works again. "Try it now" asks at once.',
  },
  UPCOMING: {
    isRetryable: true,
    message: 'The media is not available yet.',
    hint: 'Wait: Artemis tries again when the media should be available.',
  },
  NETWORK: {
    isRetryable: true,
    message: 'The site could not be reached or the connection broke.',
    hint: 'Check the connection; the download continues from where it stopped.',
  },
  THROTTLED: {
    isRetryable: true,
    message: 'The site asks us to slow down.',
    hint: 'Wait: downloads from this site go on by themselves later.',
  },
  BOT_CHECK: {
    isRetryable: true,
    message: 'The site asks for a bot check (captcha).',
    hint: 'Wait some time before the next try. Fewer downloads at once from this site help.',
  },
  TIMED_OUT: {
    isRetryable: true,
    message: 'The download took longer than the limit of this server.',
    hint: 'Retry: it continues from its partial file. Raise DOWNLOAD_TIMEOUT for very long media.',
  },
  STALLED: {
    isRetryable: true,
    message: 'No data arrived for a long time.',
    hint: 'Retry later: the site may be overloaded.',
  },
  TRUNCATED: {
    isRetryable: true,
    message: 'The site sent only part of the media.',
    hint: 'Retry. If it fails again, the media on the site itself is incomplete.',
  },
  DISK_FULL: {
    isRetryable: true,
    message: 'The disk is full.',
    hint: 'Free some space on the disk of the downloads folder, then retry.',
  },
  STORE_FAILED: {
    isRetryable: true,
    message: 'The finished file could not be moved into the downloads folder.',
    hint: 'Check that the folder exists and is writable, then retry.',
  },
  INTERRUPTED: {
    isRetryable: true,
    message: 'The server or its engine stopped during this download.',
    hint: 'Retry: it continues from its partial file.',
  },
  POSTPROCESSING_FAILED: {
    isRetryable: true,
    message: 'The media arrived, but ffmpeg could not join or convert it.',
    hint: 'Retry with another preset or container. The log of this download has the cause.',
  },
  WORKER_CRASHED: {
    isRetryable: true,
    message: 'The process of this download died unexpectedly.',
    hint: 'Retry. If it happens again, look at the log of this download.',
  },
  UNKNOWN: {
    isRetryable: true,
    message: 'yt-dlp reported an error that Artemis does not recognise.',
    hint: 'The log of this download has the words of yt-dlp.',
  },
} as const satisfies Record<string, { isRetryable: boolean; message: string; hint: string }>;

export type FailureCode = keyof typeof FAILURES;
export const FAILURE_CODES = Object.keys(FAILURES) as FailureCode[];

/** What was requested and is missing, on a download that is otherwise fine. */
export const WARNINGS = {
  QUALITY_SHORTFALL: 'The site does not offer the requested quality.',
  CODEC_SHORTFALL: 'The site does not offer the requested codec.',
  CONTAINER_SHORTFALL: 'The media does not fit into the requested container; another one was used.',
  LIVE_FROM_NOW:
    'The site does not offer the beginning of the live stream; the recording starts at the current moment.',
  AUDIO_MISSING: 'The media has no sound.',
  AUDIO_LANGUAGE_MISSING: 'The file has no sound in some of the requested languages.',
  VIDEO_MISSING: 'The media has no picture.',
  SUBTITLES_MISSING: 'Some of the requested subtitles are not offered or could not be read.',
  SUBTITLES_ENCODING:
    'The encoding of some subtitles is unknown; they were stored unchanged, not as UTF-8.',
  OPTION_IGNORED: 'Some of the requested options have no effect on this media.',
  THUMBNAIL_MISSING: 'The thumbnail is not offered or could not be read.',
  METADATA_MISSING: 'The metadata could not be written.',
  SPONSORBLOCK_MISSING: 'The SponsorBlock segments could not be read.',
  PLAYLIST_FIRST_ONLY: 'The link is a playlist; only its first entry was downloaded.',
  ENTRIES_FAILED: 'Some entries of the playlist failed.',
  FORMATS_MISSING:
    'The site has more formats than could be read, because its challenges were not solved. /readyz says what is missing.',
  GAPS_DECLARED:
    'The site itself declares some segments of this media lost; the file has holes there.',
  DURATION_UNKNOWN: 'The site does not say how long the media is, so its duration was not checked.',
  DURATION_DIFFERS: 'The media is shorter or longer than the site says, or than was requested.',
  INCOMPLETE: 'Part of the media is missing.',
} as const satisfies Record<string, string>;

export type WarningCode = keyof typeof WARNINGS;
export const WARNING_CODES = Object.keys(WARNINGS) as WarningCode[];
