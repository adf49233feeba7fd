import type { FailureCode } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import type { EngineControl, EngineExit } from '../../../src/worker/engine/engine-control.ts';
import { CERTAIN_RULES, WORD_RULES } from '../../../src/worker/failure/failure-rules.ts';
import {
  classifyFailure,
  errorsOf,
  type FailureEvidence,
} from '../../../src/worker/failure/failure.ts';

const NOW_MS = Date.parse('2026-11-22T12:00:00Z');
const exitedWith = (status: number | null, signal: number | null = null): EngineExit => ({
  status,
  signal,
  cpuSeconds: 1,
  peakMemoryBytes: 1,
  isHostLost: false,
});

function classify(lines: readonly string[], evidence: Partial<FailureEvidence> = {}) {
  return classifyFailure(
    { exit: exitedWith(1), lines, refusals: [], responses: [], errors: [], ...evidence },
    NOW_MS,
  );
}

function answer(status: number, retryAfter: string | null) {
  return {
    kind: 'response' as const,
    status,
    host: 'example.com',
    retryAfter,
    etag: null,
    lastModified: null,
    contentLength: null,
    contentRange: null,
    isOptional: false,
  };
}

function refusal(fields: Partial<Extract<EngineControl, { kind: 'refused' }>> = {}) {
  return {
    kind: 'refused' as const,
    event: 'connect',
    address: '10.0.0.1',
    port: 80,
    path: null,
    reason: null,
    isOptional: false,
    ...fields,
  };
}

/** As yt-dlp 2026.10.26 prints them, and some sites through it. */
const MESSAGES: readonly (readonly [FailureCode, string])[] = [
  ['UNSUPPORTED_SITE', 'ERROR: Unsupported URL: https://example.com/'],
  [
    'UNSUPPORTED_SITE',
    'ERROR: [generic] \'x\' is not a valid URL. Set --default-search "ytsearch" (or run  yt-dlp "ytsearch:x" ) to search YouTube',
  ],
  [
    'MEDIA_UNAVAILABLE',
    "ERROR: [youtube] abc: Private video. Sign in if you've been granted access to this video. Use --cookies-from-browser or --cookies for the authentication.",
  ],
  [
    'MEDIA_UNAVAILABLE',
    'ERROR: [youtube] abc: Video unavailable. This video has been removed by the uploader',
  ],
  ['MEDIA_UNAVAILABLE', 'ERROR: [youtube] abc: Video unavailable'],
  [
    'MEDIA_UNAVAILABLE',
    'ERROR: [generic] clip: Unable to download webpage: HTTP Error 404: Not Found (caused by <HTTPError 404: Not Found>)',
  ],
  [
    'MEDIA_UNAVAILABLE',
    'ERROR: [generic] clip: Unable to download webpage: HTTP Error 410: Gone (caused by <HTTPError 410: Gone>)',
  ],
  ['MEDIA_UNAVAILABLE', 'ERROR: [twitch:stream] x: The channel is not currently live'],
  ['UPCOMING', 'ERROR: [youtube] abc: This live event will begin in 3 hours.'],
  [
    'GEO_RESTRICTED',
    'ERROR: [bbc] x: This video is not available from your location due to geo restriction',
  ],
  [
    'GEO_RESTRICTED',
    'ERROR: [youtube] abc: Video unavailable. The uploader has not made this video available in your country',
  ],
  [
    'GEO_RESTRICTED',
    'ERROR: [generic] clip: Unable to download webpage: HTTP Error 451: Unavailable For Legal Reasons (caused by <HTTPError 451: Unavailable For Legal Reasons>)',
  ],
  [
    'LOGIN_REQUIRED',
    'ERROR: [vimeo] 1: This video is only available for registered users. Use --username and --password, --netrc-cmd, or --netrc (vimeo) to provide account credentials',
  ],
  [
    'LOGIN_REQUIRED',
    'ERROR: [youtube] abc: Sign in to confirm your age. This video may be inappropriate for some users.',
  ],
  [
    'LOGIN_REQUIRED',
    'ERROR: [youtube] abc: Join this channel to get access to members-only content like this video, and other exclusive perks.',
  ],
  [
    'LOGIN_REQUIRED',
    'ERROR: [vimeo] 1: This video is protected by a password, use the --video-password option',
  ],
  [
    'LOGIN_REQUIRED',
    'ERROR: [generic] clip: Unable to download webpage: HTTP Error 401: Unauthorized (caused by <HTTPError 401: Unauthorized>)',
  ],
  [
    'LOGIN_REQUIRED',
    'ERROR: [generic] clip: Unable to download webpage: HTTP Error 403: Forbidden (caused by <HTTPError 403: Forbidden>)',
  ],
  [
    'DRM_PROTECTED',
    'ERROR: [DRM] The requested site is known to use DRM protection. It will NOT be supported. Please DO NOT open an issue, unless you have evidence that the video is not DRM protected',
  ],
  ['DRM_PROTECTED', 'ERROR: [crunchyroll] x: This video is DRM protected'],
  [
    'BOT_CHECK',
    'ERROR: [youtube] abc: Sign in to confirm you’re not a bot. Use --cookies-from-browser or --cookies for the authentication.',
  ],
  [
    'IMPERSONATION_NEEDED',
    'ERROR: [generic] Got HTTP Error 403 caused by Cloudflare anti-bot challenge; try again with --extractor-args "generic:impersonate"',
  ],
  [
    'THROTTLED',
    'ERROR: [generic] clip: Unable to download webpage: HTTP Error 429: Too Many Requests (caused by <HTTPError 429: Too Many Requests>)',
  ],
  [
    'THROTTLED',
    "ERROR: [youtube] abc: Video unavailable. This content isn't available, try again later. The current session has been rate-limited by YouTube for up to an hour.",
  ],
  [
    'THROTTLED',
    'ERROR: [download] Got error: HTTP Error 503: Service Unavailable. Giving up after 5 retries',
  ],
  [
    'FORMAT_UNAVAILABLE',
    'ERROR: [generic] clip: Requested format is not available. Use --list-formats for a list of available formats',
  ],
  [
    'UNSAFE_TYPE',
    "ERROR: The extracted extension ('desktop') is unusual and will be skipped for safety reasons. If you believe this is an error, please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= ",
  ],
  ['TOO_LARGE', 'ERROR: unable to write data: [Errno 27] File too large'],
  ['TOO_LARGE', 'ERROR: ffmpeg exited with code -25'],
  ['DISK_FULL', 'ERROR: unable to write data: [Errno 28] No space left on device'],
  ['DISK_FULL', 'ERROR: Postprocessing: Error writing trailer: No space left on device'],
  [
    'INVALID_MEDIA',
    'ERROR: [generic] clip: Response data has no m3u header; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= ',
  ],
  [
    'INVALID_MEDIA',
    'ERROR: [generic] clip: No video formats found!; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= ',
  ],
  [
    'ENGINE_OUTDATED',
    'ERROR: [vimeo] 1: No video formats found!; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= ',
  ],
  [
    'ENGINE_MISSING',
    'ERROR: Postprocessing: ffprobe and ffmpeg not found. Please install or provide the path using --ffmpeg-location',
  ],
  [
    'ENGINE_OUTDATED',
    'ERROR: [youtube] abc: Unable to extract yt initial data; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= ',
  ],
  ['ENGINE_OUTDATED', 'host.py: error: no such option: --progress-delta'],
  ['SITE_REFUSED', 'ERROR: unable to download video data: HTTP Error 403: Forbidden'],
  ['SITE_REFUSED', 'ERROR: fragment 3: HTTP Error 403: Forbidden'],
  ['SITE_REFUSED', 'ERROR: [example] abc: The editors have decided against this'],
  ['PAYMENT_REQUIRED', 'ERROR: [example] abc: This concert can be watched with a subscription'],
  ['ENGINE_OUTDATED', 'ERROR: [youtube] abc: The page needs to be reloaded.'],
  [
    'NETWORK',
    'ERROR: [generic] clip: Unable to download webpage: HTTP Error 500: Internal Server Error (caused by <HTTPError 500: Internal Server Error>)',
  ],
  [
    'NETWORK',
    "ERROR: [generic] x: Unable to download webpage: [Errno 111] Connection refused (caused by TransportError('[Errno 111] Connection refused'))",
  ],
  [
    'NETWORK',
    "ERROR: [generic] x: Unable to download webpage: [Errno -2] Name or service not known (caused by TransportError('[Errno -2] Name or service not known'))",
  ],
  [
    'NETWORK',
    "ERROR: [generic] x: Unable to download webpage: The read operation timed out (caused by TransportError('The read operation timed out'))",
  ],
  [
    'NETWORK',
    "ERROR: [generic] reset: Unable to download webpage: Remote end closed connection without response (caused by TransportError('Remote end closed connection without response'))",
  ],
  ['FRAGMENTS_MISSING', 'ERROR: fragment 3 not found, unable to continue'],
  ['NETWORK', 'ERROR: ffmpeg exited with code 1'],
  [
    'NETWORK',
    'ERROR: [download] Got error: Downloaded 600000 bytes, expected 1074631 bytes. Giving up after 5 retries',
  ],
  ['TRUNCATED', 'ERROR: Did not get any data blocks'],
  ['POSTPROCESSING_FAILED', 'ERROR: Postprocessing: Conversion failed!'],
  [
    'EGRESS_BLOCKED',
    "ERROR: [generic] x: Unable to download webpage: [Errno 13] refused by policy: connect 10.0.0.1 80 (caused by TransportError('…'))",
  ],
  [
    'EGRESS_BLOCKED',
    'ERROR: file:// URLs are disabled by default in yt-dlp for security reasons. Use --enable-file-urls to enable at your own risk.',
  ],
  ['WORKER_CRASHED', 'ERROR: MemoryError'],
  ['WORKER_CRASHED', 'ERROR: There was not enough memory for what the site sent'],
  ['INVALID_MEDIA', 'ERROR: What the site sent is nested too deeply to be read'],
  ['INVALID_MEDIA', 'ERROR: The file is no media: it is a playlist'],
  ['INVALID_MEDIA', 'ERROR: Postprocessing: The file is no media: it is a web page'],
  [
    'INVALID_MEDIA',
    "ERROR: [generic] x: Error reading response: The answer is larger than 64 MiB, which no page, manifest, subtitle or picture is (caused by TransportError('…')); please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= ",
  ],
  ['UNKNOWN', 'ERROR: something that nobody has heard of'],
];

describe('the code of a failed run', () => {
  it.each(MESSAGES)('%s: %s', (code, message) => {
    expect(classify([message]).code).toBe(code);
  });

  it('does not depend on links or the title of the video', () => {
    const message =
      'ERROR: [generic] captcha: Unable to download webpage: HTTP Error 404: Not Found (caused by <HTTPError 404: Not Found>)';
    expect(classify([message]).code).toBe('MEDIA_UNAVAILABLE');
    expect(classify(['ERROR: Unsupported URL: https://example.com/login']).code).toBe(
      'UNSUPPORTED_SITE',
    );
  });

  it('has a message for every code of the rules', () => {
    const tested = new Set(MESSAGES.map(([code]) => code));
    for (const { code } of [...CERTAIN_RULES, ...WORD_RULES]) expect(tested).toContain(code);
  });

  it('comes from the last error, not from warnings', () => {
    const lines = [
      'WARNING: [youtube] HTTP Error 429: Too Many Requests',
      'ERROR: Unsupported URL: https://example.com/',
    ];
    expect(classify(lines).code).toBe('UNSUPPORTED_SITE');
  });

  it('is SOLVER_FAILED when a missing format comes from unsolved challenges', () => {
    const lines = [
      'WARNING: [youtube] abc: n challenge solving failed: Some formats may be missing.',
      'ERROR: [youtube] abc: Requested format is not available. Use --list-formats for a list of available formats',
    ];
    expect(classify(lines).code).toBe('ENGINE_OUTDATED');
  });

  it('has the time that a site asks to wait, in seconds or as a date', () => {
    const lines = ['ERROR: HTTP Error 429: Too Many Requests'];
    const wait = (value: string, status = 429) =>
      classify(lines, { responses: [answer(status, value)] }).retryAfterSeconds;
    expect(wait('30')).toBe(30);
    expect(wait('Sun, 22 Nov 2026 12:02:00 GMT')).toBe(120);
    expect(wait('Sun, 22 Nov 2026 11:00:00 GMT')).toBeNull();
    expect(wait('0')).toBeNull();
    expect(wait('-5')).toBeNull();
    expect(wait('999999999999')).toBe(86_400);
    expect(wait('soon')).toBeNull();
    expect(wait('30', 200)).toBeNull();
  });

  it('is THROTTLED for a 503 with Retry-After, whatever yt-dlp calls it', () => {
    const found = classify(['ERROR: unable to download video data: server closed'], {
      responses: [answer(503, '7')],
    });
    expect(found).toMatchObject({ code: 'THROTTLED', retryAfterSeconds: 7 });
  });

  it('is EGRESS_BLOCKED for a refused address, except for an optional part', () => {
    const lines = ['ERROR: unable to download video data: timed out'];
    const blocked = classify(lines, { refusals: [refusal()] });
    expect(blocked.code).toBe('EGRESS_BLOCKED');
    expect(blocked.detail).toContain('10.0.0.1 port 80');
    expect(classify(lines, { refusals: [refusal({ isOptional: true })] }).code).toBe('NETWORK');
    expect(classify(lines, { refusals: [refusal({ event: 'open' })] }).code).toBe('NETWORK');
  });

  it('distinguishes a crash from a failure', () => {
    expect(classify([], { exit: exitedWith(null, 9) }).code).toBe('WORKER_CRASHED');
    expect(classify([], { exit: exitedWith(null, 11) }).code).toBe('WORKER_CRASHED');
    expect(classify([], { exit: exitedWith(null, 25) }).code).toBe('TOO_LARGE');
    expect(classify([], { exit: { ...exitedWith(null), isHostLost: true } }).code).toBe(
      'INTERRUPTED',
    );
  });

  it('has no secrets in its detail', () => {
    const { detail } = classify([
      'ERROR: [x] Unable to download webpage: https://user:pw@example.com/a?sig=SECRET#t token=SECRET2 please report this issue on  https://github.com/',
    ]);
    expect(detail).not.toMatch(/SECRET|pw@|please report/);
    expect(detail).toContain('example.com/a');
  });

  it('keeps the lines of one message together', () => {
    const lines = ['ERROR: first', 'and more of it', '[generic] chatter', 'ERROR: second'];
    expect(errorsOf(lines)).toEqual(['ERROR: first\nand more of it', 'ERROR: second']);
  });
});

it('the code is NETWORK, not ENGINE_OUTDATED, when no client of YouTube got an answer', () => {
  const codeAfter = (...reasons: readonly string[]) =>
    classify([
      ...reasons.map((one) => `WARNING: [youtube] abc: Unable to download API page: ${one}`),
      'ERROR: [youtube] abc: Failed to extract any player response; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q=',
    ]).code;
  const many = 'HTTP Error 429: Too Many Requests (caused by <HTTPError 429: Too Many Requests>)';
  expect(codeAfter(many, many)).toBe('THROTTLED');
  expect(codeAfter('HTTP Error 502: Bad Gateway')).toBe('NETWORK');
  expect(codeAfter("[Errno 111] Connection refused (caused by TransportError('refused'))")).toBe(
    'NETWORK',
  );
  expect(codeAfter('HTTP Error 400: Bad Request')).toBe('ENGINE_OUTDATED');
  expect(codeAfter()).toBe('ENGINE_OUTDATED');
});
