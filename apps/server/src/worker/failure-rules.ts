import type { FailureCode } from '@artemis/contracts';

export interface FailureRule {
  readonly code: FailureCode;
  /** Read against each error that yt-dlp printed, the last one first. */
  readonly pattern: RegExp;
}

/**
 * What yt-dlp's words mean, in its English of 2023–2026. The first rule that fits counts, so narrow ones come
 * before wide ones: "Private video. Sign in if …" is gone for nearly everybody, signing in or not.
 */
export const FAILURE_RULES: readonly FailureRule[] = [
  // The engine's own sentences (file_heads.py, answer_limits.py, exhaustion.py). The same answer would end the same way;
  // memory may be there the next time.
  {
    code: 'INVALID_MEDIA',
    pattern:
      /The file is no (media|subtitle|picture): it is |The answer is larger than \d+ MiB|nested too deeply|RecursionError/,
  },
  {
    code: 'WORKER_CRASHED',
    pattern: /not enough memory for|MemoryError|Cannot allocate memory|can't start new thread/,
  },
  { code: 'TOO_LARGE', pattern: /\[Errno 27\]|File too large|exited with code (-25|153)\b/ },
  // ffmpeg was killed or crashed; a negative code is a signal.
  { code: 'WORKER_CRASHED', pattern: /exited with code -(4|6|7|8|9|11|31)\b/ },
  {
    code: 'DISK_FULL',
    pattern: /\[Errno (28|122)\]|No space left on device|Disk quota exceeded/,
  },
  {
    code: 'EGRESS_BLOCKED',
    pattern: /refused by policy: (connect|send)|by egress policy|file:\/\/ URLs are disabled/i,
  },
  { code: 'UNSAFE_TYPE', pattern: /The extracted extension \(.*\) is unusual/ },
  {
    code: 'INVALID_MEDIA',
    // Without formats: the extractor of a site does not know it any more, but a link to a manifest leads to an empty one.
    pattern:
      /Initialization fragment found after media fragments|Response data has no m3u header|does not look like a .*file|^ERROR: \[generic\] No video formats found/,
  },
  {
    code: 'UNSUPPORTED_SITE',
    pattern: /Unsupported URL|No suitable extractor|is not a valid URL/i,
  },
  {
    code: 'ENGINE_MISSING',
    pattern:
      /ffmpeg (is not installed|not found|could not be found)|ffprobe and ffmpeg not found|No module named|cannot start |No supported JavaScript runtime/i,
  },
  {
    code: 'FORMAT_UNAVAILABLE',
    pattern: /Requested format is not available|format is not available/i,
  },
  // Said by yt-dlp where the engine does not count them: a standalone one.
  { code: 'FRAGMENTS_MISSING', pattern: /fragment \d+ not found|^ERROR: Fragments are missing/ },
  {
    code: 'DRM_PROTECTED',
    pattern: /DRM[- ]protect|DRM protection|use DRM|protected by DRM|Unsupported DRM|drm.?todo/i,
  },
  {
    code: 'BOT_CHECK',
    pattern:
      /not a bot|captcha|anti-bot|bot (check|detection)|client challenge|unusual traffic|Cloudflare|requires? impersonation|impersonate target is (required|available)/i,
  },
  {
    code: 'THROTTLED',
    pattern:
      /HTTP Error 429|Too Many Requests|rate[- ]?limit|exceeded .*(quota|limit)|try again later|temporarily (blocked|banned)/i,
  },
  {
    code: 'GEO_RESTRICTED',
    pattern:
      /geo.?(restrict|block)|HTTP Error 451|(your|this) (country|region|location)|not available (from|in) your|outside (of )?(the )?(your )?(country|region|[A-Z]{2}\b)|only available in|blocked it in your country/i,
  },
  {
    code: 'MEDIA_UNAVAILABLE',
    pattern:
      /private video|video is private|VOD is private|(this|the) (video|clip|track|post) (is|was) private|removed by|account .*terminated/i,
  },
  {
    code: 'LOGIN_REQUIRED',
    pattern:
      /HTTP Error 401|registered users|\bsign.?in\b|\blog.?in\b|--cookies|--username|--video-password|members?[- ]only|members on level|join this channel|subscri(be|ption)|not subscribed|premium|age[- ]restricted|confirm your age|password.protected|protected by a password|need to (buy|purchase|rent|pay)|requires? (payment|an account|authentication)|paywall/i,
  },
  {
    code: 'MEDIA_UNAVAILABLE',
    pattern:
      /video unavailable|media unavailable|has been (removed|deleted|taken down|blocked)|was (removed|deleted)|no longer (available|exists|online)|(is|are) (currently |temporarily )?(not available|unavailable)|does(n't| not) exist|could not be found|HTTP Error (404|410)|not found\b|not currently live|is not live|has ended|will begin in|premieres in|is offline|has expired|this content isn.t available|no video on the webpage|no media found/i,
  },
  {
    code: 'ENGINE_OUTDATED',
    pattern:
      /no such option|challenge solving failed|Signature (solving|extraction) failed|nsig extraction failed/i,
  },
  {
    code: 'LOGIN_REQUIRED',
    pattern: /Unable to download (webpage|JSON|API|video info).*HTTP Error 403/i,
  },
  { code: 'THROTTLED', pattern: /HTTP Error 503/ },
  {
    code: 'TRUNCATED',
    pattern: /Did not get any data blocks|downloaded file is empty/i,
  },
  {
    code: 'NETWORK',
    pattern:
      /Downloaded \d+ bytes, expected \d+|content too short|bytes read, \d+ more expected|IncompleteRead|HTTP Error (3\d\d|403|408|416|5\d\d)|timed? ?out|Connection (refused|reset|aborted|closed)|Remote end closed|Name or service not known|Temporary failure in name resolution|nodename nor servname|No route to host|Network is unreachable|SSL|TLS|certificate|Errno (104|110|111|113|101|-2|-3|-5)|Unable to connect|TransportError|Broken pipe|Giving up after|unable to download video data|redirect loop|ERROR: ffmpeg exited with code/i,
  },
  {
    code: 'POSTPROCESSING_FAILED',
    pattern:
      /Postprocessing:|Preprocessing:|Conversion failed|Could not write header|Error opening output/i,
  },
  {
    code: 'ENGINE_OUTDATED',
    pattern: /please report this issue|Unable to extract|No video formats found|latest version/i,
  },
];
