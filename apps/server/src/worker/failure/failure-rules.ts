import type { FailureCode } from '@artemis/contracts';
import { DISK_FULL_WORDS } from '../../error-code.ts';

export interface FailureRule {
  readonly code: FailureCode;
  readonly pattern: RegExp;
  /** About the transfer or a program; never applied to the site's own answer. */
  readonly isOfTransfer?: true;
}

/** Messages of the engine and of the operating system. They decide first, whatever exception was raised. */
export const CERTAIN_RULES: readonly FailureRule[] = [
  // From file_heads.py, answer_limits.py and exhaustion.py. A retry helps only where memory was short.
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
  // ffmpeg was killed or crashed: a negative exit code is a signal.
  { code: 'WORKER_CRASHED', pattern: /exited with code -(4|6|7|8|9|11|31)\b/ },
  {
    code: 'DISK_FULL',
    pattern: DISK_FULL_WORDS,
  },
  {
    code: 'EGRESS_BLOCKED',
    pattern: /refused by policy: (connect|send)|by egress policy|file:\/\/ URLs are disabled/i,
  },
  // The media has no audio track, so that a retry does not help.
  { code: 'FORMAT_UNAVAILABLE', pattern: /unable to obtain file audio codec/ },
  { code: 'UNSAFE_TYPE', pattern: /The extracted extension \(.*\) is unusual/ },
  {
    code: 'INVALID_MEDIA',
    // "No video formats": from a site's extractor it means an outdated yt-dlp; from `generic`, an empty manifest.
    pattern:
      /Initialization fragment found after media fragments|Response data has no m3u header|does not look like a .*file|^ERROR: \[generic\] No video formats found/,
  },
  // Only from a standalone yt-dlp; elsewhere the engine counts the fragments.
  { code: 'FRAGMENTS_MISSING', pattern: /fragment \d+ not found|^ERROR: Fragments are missing/ },
  {
    code: 'ENGINE_MISSING',
    pattern:
      /(ffmpeg|ffprobe|PhantomJS|pycryptodomex?|rtmpdump) (is not installed|not found|could not be (found|run))|ffprobe and ffmpeg not found|"rtmpdump" could not be run|No module named|cannot start |No supported JavaScript runtime|dependencies (needs?|are|is) (to be )?installed/i,
  },
];

/**
 * The meaning of messages of yt-dlp's extractors of 2023–2026. The first matching rule decides, so specific rules come before
 * general ones: "Private video. Sign in if …" is unavailable for nearly everybody, signed in or not.
 */
export const WORD_RULES: readonly FailureRule[] = [
  {
    code: 'FORMAT_UNAVAILABLE',
    pattern:
      /format is not available|no formats that can be downloaded from the start|formats? .*(is|are) not offered/i,
  },
  { code: 'DRM_PROTECTED', pattern: /\bDRM\b|drm.?todo|widevine|fairplay|playready/i },
  {
    code: 'IMPERSONATION_NEEDED',
    // A bot check that only the TLS handshake of a browser passes; waiting does not help.
    pattern:
      /require[sd]? (browser )?impersonation|impersonat(e|ion) (target|dependency|required|needed)|attempting impersonation|extensions: impersonate|--impersonate|generic:impersonate|TLS fingerprint/i,
  },
  {
    code: 'BOT_CHECK',
    pattern:
      /not a (ro)?bot\b|you('re| are) (a )?human|human verification|suspected (as|of being) a bot|captcha|anti-bot|bot (check|detection|protection)|client challenge|(unusual|suspicious) (traffic|activity)|checking your browser|Cloudflare|(considered|detected) .*automated|automated (requests|queries|access)|\bIP( address)? (is|was|has been|seems)?\b.{0,20}\b(blocked|banned|blacklisted|unable)/i,
  },
  {
    code: 'THROTTLED',
    pattern:
      /Too Many (Requests|Attempts)|rate[- ]?limit|exceeded .*(quota|limit)|\b(requests?|quota|rate|download) (limit )?(is |has been |was )?(exceeded|exhausted|used up)|(request|access) is (blocked|rejected) by server|wait and try|temporarily (blocked|banned)|slow down|content isn.t available, try again later/i,
  },
  {
    code: 'NETWORK',
    // The server of the site is in trouble.
    pattern:
      /(error|problem|trouble) (is |was )?(on|at) (the )?server|server[- ]side|internal (server )?error|(service|server|site) (is )?(temporarily|currently) (unavailable|not available|down|overloaded)|(service|server) (is )?unavailable|(under|down for|undergoing) (\w+ )?maintenance|gateway time-?out|error occurred while receiving|network error/i,
  },
  {
    code: 'ENGINE_OUTDATED',
    pattern:
      /page (needs to|has to|must|should) be reloaded|reload the page|only images are available|(required|missing) visitor data|\bPO[- ]?Token|\bSABR\b|challenge solving failed|Signature (solving|extraction) failed|nsig extraction failed|no such option|Precondition check failed|extract any player response|player responses? (is|are) invalid|incomplete data received|not available on this app\b|on the latest version of|\b(app|client|player|version) (version )?(is|was) (too old|outdated|out of date|no longer supported)|(unable to|can ?not|could not|failed to) (extract|parse)|Unsupported API client|unknown \w+ status|no player clients|^No video formats found/i,
  },
  {
    code: 'LOGIN_REQUIRED',
    // A sign-in has failed, whatever else these messages mention.
    pattern:
      /\b(unable to|cannot|could not|failed to) (log|sign)[- ]?in\b|\b(log|sign)[- ]?in (has )?failed|\b(invalid|incorrect|wrong|bad)\b.{0,40}\b(user ?name|password|passcode|credentials|login)|(password|passcode) (was|is) (incorrect|invalid|wrong)|with OAuth is no longer|using username and password is (not|no longer)|Login with username and password is/i,
  },
  {
    code: 'GEO_RESTRICTED',
    pattern:
      /geo.{0,3}(restrict|block|location)|(your|this|certain|some) (country|countries|region|territory|location)|not available (from|in) your|outside (of )?(the )?(your )?(country|region)|blocked it in your country|licensed to users in|\brights? to (show|stream|broadcast)\b|licensing restrictions|use a VPN|try using proxy|by decision of the \w+ government/i,
  },
  {
    code: 'GEO_RESTRICTED',
    // The name of a country follows, recognized by its capital letter.
    pattern:
      /(available|restricted|limited|viewable) (only )?(in|to|from|within) (the )?(UK|USA?|EU|[A-Z]\p{Ll}+( [A-Z]\p{Ll}+)?)( only)?\.?$|[Oo]nly (be )?(available|viewable|watched|viewed|accessible) (in|from|within) (the )?[A-Z]|[Oo]utside (of )?(the )?[A-Z]|(viewers|visitors|users|people|residents) (in|from|of) (the )?[A-Z]|(in|to) (mainland )?[A-Z]\p{L}+ only\b/u,
  },
  {
    code: 'MEDIA_UNAVAILABLE',
    pattern:
      /private video\b|video is private|VOD is private|(this|the) (video|clip|track|post|episode|song|livestream|event|album) (is|was|has been) (made |set to )?private|private show|(removed|deleted) by|(has|have) (deleted|removed|withdrawn) (this|the|it)\b|account .*(terminated|suspended|closed)/i,
  },
  {
    code: 'UPCOMING',
    pattern:
      /^(?!.*\b(account|e-?mail|registered|verified|logged|subscribed|support(ed)?|implement(ed)?)\b).*(\bnot\b|n['’]t\b).{0,40}\byet\b/is,
  },
  {
    code: 'UPCOMING',
    pattern:
      /(\bnot|n['’]t) (yet )?(started|begun)\b|\byet to (start|begin|air|premiere)|\b(will|to) (begin|start|premiere|air|go live|be (available|released|live|broadcast|published) (after|at|from|in|on|shortly|soon|later|today|tonight|tomorrow|next|this))\b|premieres? (in|on|at|(is|will be) (in|on|at))\b|premiering|scheduled (for|to|at|on|start)|\b(begins|starts|opens|goes live|airs) (in|at|on|soon|later|today|tonight|tomorrow)\b|\bwill air\b|upcoming|coming soon|release date|(is|still|be) (uploading or )?(being )?(process|transcod|encod|convert)(ing|ed)\b|still being \w+ed\b|uploading or processing|available (only )?(after|from) (the )?\d|not (been )?released/i,
  },
  {
    code: 'PAYMENT_REQUIRED',
    pattern:
      /HTTP Error 402|payment required|\bpurchas(e|ed|ing)\b|\b(buy|bought|rent|rental|rented)\b|\b(to|must|have to|you) pay\b|\bpaid\b|requires? payment|pay[- ]?(per[- ]?view|wall)|not free\b|tickets? (purchase|to|for|is|are)|coins? |subscri(be[ds]?|bers?|ptions?)\b|premium|supporter-only|supporters only|\bpaying\b|\bupgrade (to (a )?(pro|plus|gold|vip|paid)\b|your (plan|account|membership))|participating TV|cable service|TV provider|patrons only/i,
  },
  {
    code: 'MEDIA_UNAVAILABLE',
    pattern:
      /(does(n.t| not)|do(n.t| not)) (have|contain) (any |an? )?(video|audio|media)|account does not have any/i,
  },
  {
    code: 'LOGIN_REQUIRED',
    pattern:
      /registered users|\bsign(ed)?.?in\b|\blog(ged)?.?(in|into)\b|only the owner|--cookies|--username|--video-password|\bcookies\b|\bcookie (is|has)\b|members?[- ]only|members? on level|(for|to|by) .{0,30}\bmembers\b|\b(followers|friends)[- ]only|only (for|to|by) .{0,20}\b(followers|friends)\b|join this channel|age[- ]?(restricted|gate|verif|confirm)|confirm your age|adult verification|older than \d+|\b\d\d (years )?or older|password.?protected|protected by a (password|passcode)|(requires?|needs?|into|with|from) (an |your )?(account|authentication|authorization)|an account (that|is|with)|(account|you|user) (does|do)(n.t| not) have (access|permission|the)|unverified account|accounts? .*(access|opted)|not (been )?(authorized|authenticated|logged)|authorization (lost|required|failed)|authentication (is )?(required|failed)|unauthorized|forbidden for|token(s)? (has|have|is|was) (been )?(expired|invalid)|expired token|auth token|permission to (view|watch|access)|content setting must|users who follow|\b(video|scene|lecture|course|content|post)s?( \S+)?( contents)? (is )?locked\b|paywall/i,
  },
  {
    code: 'UNSUPPORTED_SITE',
    pattern:
      /Unsupported URL|No suitable extractor|is not a valid URL|invalid (\w+ ){0,4}(URL|link)\b|malformed URL|(is|are) not (currently )?supported|not be supported|no longer supported|none of .* (is|are) supported|URL is for a|(URL|ID) .*looks truncated|URL was given without|quote the URL|blob URL|copy the link|pass the URL|embed-only|(input |given )?URL (is )?(missing|lacks)|^[^.]*\bno \w+ in URL|\b(is|are) (unsupported|not implemented)\b|in the input URL|smuggled data|fragment part of the URL/i,
  },
  {
    code: 'MEDIA_UNAVAILABLE',
    pattern:
      /video unavailable|media unavailable|(has|have) been (removed|deleted|taken down|blocked|disabled|offline)|(was|were|is|be) (removed|deleted|taken down|disabled|blocked)|no longer (available|exists?|online)|(is|are|be) (either |currently |temporarily )?(not available|unavailable|inaccessible|unplayable|unreachable)|\b(not|un)( currently | )?available\b|track unavailable|does(n.t| not) exist|could(n.t| not) be found|can.?(not|t) be (found|accessed|played)|not be accessible|\bnot (found|archived|indexed|accessible|been made available)\b|n.t be (found|accessed)|(not|never|n.t) (currently |been )?(live|broadcasting|streaming)\b|(live|livestream|stream|broadcast|event|space|show|room) (has |was |is )?(already )?(ended|over|finished|stopped|closed)|\b(video|clip|post|track|episode|song) (was )?deleted|\binvalid (video|clip|media|episode|track) ID\b|(is|was|now|has been) offline|\b(video|clip|episode|post|track|stream|content|recording|it) (is|has) gone\b|\b(playlist|channel|album|feed|list) is empty|(has|have|was|is) (been )?(suspended|withdrawn|terminated)|\bnothing (to|was|could|can)\b|has expired|(content|link|stream|video|episode|rights?) (is )?expired|expired\?|(may|has|have) (have )?expired|expired or|this content isn.t available|\bno (such |supported |valid |playable |active |more )*(videos?|audio|media|podcasts?|audition|songs?|streams?|sources?|chapters?|tracks?|episodes?|entry|entries|results?|content|clips?|downloads?|posts?|channel|show|nintendo direct)\b|\bno .* could be found|there (is|are) no |not (an? )?(video|playable|podcast|audio|file|media|track)\b|could(n.t| not) (find|get) |unable to find|cannot find|neither .* nor .* available|empty page|does not contain|in private/i,
  },
  {
    code: 'TRUNCATED',
    pattern: /Did not get any data blocks|downloaded file is empty/i,
  },
  {
    code: 'NETWORK',
    isOfTransfer: true,
    pattern:
      /Downloaded \d+ bytes, expected \d+|content too short|bytes read, \d+ more expected|IncompleteRead|timed? ?out|Connection (refused|reset|aborted|closed)|Remote end closed|Name or service not known|Temporary failure in name resolution|nodename nor servname|No route to host|Network is unreachable|\bSSL|\bTLS\b|certificate|Errno (104|110|111|113|101|-2|-3|-5)|Unable to connect|TransportError|Broken pipe|Giving up after|unable to download video data|redirect loop|^ffmpeg exited with code/i,
  },
  {
    code: 'POSTPROCESSING_FAILED',
    isOfTransfer: true,
    pattern:
      /Postprocessing:|Preprocessing:|Conversion failed|Could not write header|Error opening output/i,
  },
  {
    code: 'ENGINE_OUTDATED',
    pattern: /please report this issue/i,
  },
  // Only when no other rule matches.
  { code: 'THROTTLED', pattern: /try again later/i },
];
