import type { FailureCode } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import type { RaisedError } from '../../src/worker/engine/engine-control.ts';
import { classifyFailure, type FailureEvidence } from '../../src/worker/failure/failure.ts';

const NOW_MS = Date.parse('2026-11-22T12:00:00Z');
const exit = { status: 1, signal: null, cpuSeconds: 1, peakMemoryBytes: 1, isHostLost: false };

/** Classes as yt-dlp 2026.10.26 has them, each with what it inherits from. */
const KINDS = {
  plain: ['ExtractorError', 'YoutubeDLError'],
  geo: ['GeoRestrictedError', 'ExtractorError', 'YoutubeDLError'],
  notLive: ['UserNotLive', 'ExtractorError', 'YoutubeDLError'],
  unsupported: ['UnsupportedError', 'ExtractorError', 'YoutubeDLError'],
  regex: ['RegexNotFoundError', 'ExtractorError', 'YoutubeDLError'],
  postprocessing: ['PostProcessingError', 'YoutubeDLError'],
  tooShort: ['ContentTooShortError', 'YoutubeDLError'],
  http: ['HTTPError', 'RequestError', 'YoutubeDLError'],
  transport: ['TransportError', 'RequestError', 'YoutubeDLError'],
  certificate: [
    ...['CertificateVerifyError', 'SSLError', 'TransportError', 'RequestError', 'YoutubeDLError'],
  ],
  key: ['KeyError', 'LookupError'],
} as const;

function raised(
  kind: keyof typeof KINDS,
  text: string,
  facts: Partial<RaisedError> = {},
): RaisedError {
  return {
    kind: 'error',
    text: `ERROR: [site] v1: ${text}`,
    said: text,
    classes: KINDS[kind],
    causes: [],
    isExpected: true,
    status: null,
    host: null,
    countries: [],
    extractor: 'site',
    isInExtractor: false,
    isUpcoming: false,
    releaseAtSeconds: null,
    isOptional: false,
    ...facts,
  };
}

function classify(errors: readonly RaisedError[], evidence: Partial<FailureEvidence> = {}) {
  const lines = errors.map(({ text }) => text);
  return classifyFailure({ exit, lines, refusals: [], responses: [], errors, ...evidence }, NOW_MS);
}

const withStatus = (status: number): Partial<RaisedError> => ({ status, causes: KINDS.http });
const fault: Partial<RaisedError> = { isExpected: false };

/** Judged by hand: what a person needs to be told. The words are not those of yt-dlp where the kind alone decides. */
const PAIRS: readonly (readonly [FailureCode, RaisedError])[] = [
  ['UNSUPPORTED_SITE', raised('unsupported', 'Unsupported URL: https://example.com/login')],
  ['UNSUPPORTED_SITE', raised('plain', 'Invalid URL')],
  ['UNSUPPORTED_SITE', raised('plain', 'Player embeds of that service are not supported')],
  ['UNSUPPORTED_SITE', raised('plain', 'Pass the URL of the page in which it is embedded')],
  ['GEO_RESTRICTED', raised('geo', 'Dieses Video ist hier nicht zu sehen')],
  ['GEO_RESTRICTED', raised('geo', 'Sorry', { countries: ['FR', 'BE'] })],
  ['GEO_RESTRICTED', raised('plain', 'Due to rights this is only available in Portugal')],
  ['GEO_RESTRICTED', raised('plain', 'The stream cannot be watched in your region.')],
  ['GEO_RESTRICTED', raised('plain', 'Unable to download JSON metadata', withStatus(451))],
  ['GEO_RESTRICTED', raised('plain', 'Only viewers in Norway may watch this')],
  ['GEO_RESTRICTED', raised('plain', 'Not available outside of the United Kingdom')],
  ['MEDIA_UNAVAILABLE', raised('notLive', 'Nobody is on the air')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'The episode has been taken down')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'This clip is private')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'There is no video in this article')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'No playable streams found')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'The livestream has ended')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'Could not find that podcast')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'This video is not available in HD')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'The uploader has deleted this clip')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'Removed by its author', withStatus(400))],
  ['MEDIA_UNAVAILABLE', raised('plain', 'This playlist is empty')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'Invalid video ID')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'The channel has been suspended')],
  ['MEDIA_UNAVAILABLE', raised('plain', 'Unable to download webpage', withStatus(404))],
  ['MEDIA_UNAVAILABLE', raised('plain', 'Unable to download webpage', withStatus(410))],
  ['LOGIN_REQUIRED', raised('plain', 'You need to log in for this')],
  ['LOGIN_REQUIRED', raised('plain', 'Wrong username or password')],
  ['LOGIN_REQUIRED', raised('plain', 'Unable to log in: that address has not been verified yet')],
  ['LOGIN_REQUIRED', raised('plain', 'Your account does not have access to this course')],
  ['LOGIN_REQUIRED', raised('plain', 'Only for registered users')],
  ['LOGIN_REQUIRED', raised('plain', 'This recording is for followers only')],
  ['LOGIN_REQUIRED', raised('plain', 'The video is protected by a password')],
  ['LOGIN_REQUIRED', raised('plain', 'Unable to download webpage', withStatus(401))],
  ['LOGIN_REQUIRED', raised('plain', 'Unable to download API page', withStatus(403))],
  ['PAYMENT_REQUIRED', raised('plain', 'A ticket purchase is required for this show')],
  ['PAYMENT_REQUIRED', raised('plain', 'This film has to be rented first')],
  ['PAYMENT_REQUIRED', raised('plain', 'Only premium users can watch this')],
  ['PAYMENT_REQUIRED', raised('plain', 'For subscribers only')],
  ['PAYMENT_REQUIRED', raised('plain', 'Upgrade to Pro to hear all of it')],
  ['PAYMENT_REQUIRED', raised('plain', 'This is pay-per-view')],
  ['PAYMENT_REQUIRED', raised('plain', 'Unable to download JSON metadata', withStatus(402))],
  ['UPCOMING', raised('plain', 'The concert has not started yet')],
  ['UPCOMING', raised('plain', 'Premieres in 5 hours')],
  ['UPCOMING', raised('plain', 'Scheduled for 24 December')],
  ['UPCOMING', raised('plain', 'It will be released tomorrow')],
  ['UPCOMING', raised('plain', 'The show goes live in 40 minutes')],
  ['UPCOMING', raised('plain', 'The clip is still being transcoded')],
  ['UPCOMING', raised('plain', 'The recording is still being processed')],
  ['UPCOMING', raised('plain', 'No video formats found!', { ...fault, isUpcoming: true })],
  ['UPCOMING', raised('plain', 'Bald', { releaseAtSeconds: NOW_MS / 1000 + 60 })],
  ['IMPERSONATION_NEEDED', raised('plain', 'This request requires browser impersonation')],
  ['IMPERSONATION_NEEDED', raised('plain', 'Refused for the TLS fingerprint of the client')],
  ['BOT_CHECK', raised('plain', 'Sign in to confirm that you are not a bot')],
  ['BOT_CHECK', raised('plain', 'Solve the CAPTCHA in your browser and log in')],
  ['BOT_CHECK', raised('plain', 'Your IP address has been blocked')],
  ['BOT_CHECK', raised('plain', 'Prove that you are human')],
  ['THROTTLED', raised('plain', 'Unable to download webpage', withStatus(429))],
  ['THROTTLED', raised('plain', 'Unable to download webpage', withStatus(503))],
  ['THROTTLED', raised('plain', 'You have exceeded the rate limit')],
  ['THROTTLED', raised('plain', 'Daily quota used up')],
  ['NETWORK', raised('plain', 'The API is down for maintenance')],
  ['ENGINE_OUTDATED', raised('plain', 'The page needs to be reloaded.')],
  ['ENGINE_OUTDATED', raised('plain', 'Only images are available for download')],
  ['ENGINE_OUTDATED', raised('plain', 'Missing required Visitor Data')],
  ['ENGINE_OUTDATED', raised('plain', 'The page must be reloaded')],
  ['ENGINE_OUTDATED', raised('plain', 'This app version is outdated')],
  ['ENGINE_OUTDATED', raised('regex', 'title is nowhere', fault)],
  ['ENGINE_OUTDATED', raised('plain', 'A field has gone', fault)],
  ['ENGINE_OUTDATED', raised('key', "'videoDetails'", { ...fault, isInExtractor: true })],
  ['DRM_PROTECTED', raised('plain', 'This video is DRM protected')],
  ['NETWORK', raised('plain', 'Unable to download webpage: gone', { causes: KINDS.transport })],
  ['NETWORK', raised('plain', 'Unable to download webpage', { causes: KINDS.certificate })],
  ['NETWORK', raised('plain', 'Unable to download JSON metadata', withStatus(502))],
  ['NETWORK', raised('tooShort', 'Downloaded 3 bytes, expected 9 bytes', fault)],
  ['NETWORK', raised('plain', 'There is an error on server-side. Try again later.')],
  [
    'FORMAT_UNAVAILABLE',
    raised('postprocessing', 'WARNING: unable to obtain file audio codec with ffprobe', fault),
  ],
  ['POSTPROCESSING_FAILED', raised('postprocessing', 'Codec of no use here', fault)],
  ['ENGINE_MISSING', raised('plain', 'pycryptodomex not found. Please install it')],
  ['SITE_REFUSED', raised('plain', 'Heute leider nicht')],
  ['SITE_REFUSED', raised('plain', 'The certificate of this exam is not for you')],
  ['SITE_REFUSED', raised('plain', 'Unable to download API page', withStatus(400))],
  [
    'SITE_REFUSED',
    raised('http', '', { text: 'ERROR: fragment 3: HTTP Error 403: Forbidden', status: 403 }),
  ],
];

describe('the class of an error decides before its words', () => {
  it('in at least sixty cases judged by hand', () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(60);
  });

  it.each(PAIRS.map(([code, error]) => ({ code, error })))(
    '$code: $error.classes.0 "$error.said" $error.status',
    ({ code, error }) => {
      expect(classify([error]).code).toBe(code);
    },
  );

  it('quotes the site when there is no better code, on one line and without secrets', () => {
    const text = 'Not\ntoday, see https://example.com/why?token=SECRET for more';
    expect(classify([raised('plain', text)])).toMatchObject({
      code: 'SITE_REFUSED',
      quote: 'Not today, see https://example.com/why?… for more',
    });
  });

  it('and only the exception of the download counts, not that of an optional part', () => {
    const optional = raised('plain', 'Unable to download webpage', {
      ...withStatus(429),
      isOptional: true,
    });
    expect(classify([raised('geo', 'Nein'), optional], { lines: [] }).code).toBe('GEO_RESTRICTED');
  });

  it("and the release time comes from the site's data, or from its words", () => {
    const atSeconds = NOW_MS / 1000 + 7200;
    const told = raised('plain', 'Soon', { isUpcoming: true, releaseAtSeconds: atSeconds });
    expect(classify([told]).releaseAtMs).toBe(atSeconds * 1000);
    expect(classify([raised('plain', 'Premieres in 3 days')]).releaseAtMs).toBe(
      NOW_MS + 3 * 86_400_000,
    );
    expect(classify([raised('plain', 'This has not started yet')]).releaseAtMs).toBeNull();
  });

  it('and a 503 is for one file, while a 429 is for all requests', () => {
    const scope = (status: number) =>
      classify([raised('plain', 'Unable to download webpage', withStatus(status))]).isOfFileAlone;
    expect(scope(503)).toBe(true);
    expect(scope(429)).toBe(false);
  });

  it('and warnings alone do not give a code', () => {
    const lines = ['WARNING: [site] HTTP Error 429: Too Many Requests', '[site] SSL is fine'];
    expect(classify([], { lines }).code).toBe('UNKNOWN');
  });

  it('and a refusal of ffmpeg is recognised, also without the cookies', () => {
    const lines = ['[https @ 0x1] HTTP error 403 Forbidden', 'ERROR: ffmpeg exited with code 1'];
    expect(classify([], { lines })).toMatchObject({ code: 'SITE_REFUSED' });
    const warning = 'WARNING: [cookies] ffmpeg gets no cookies';
    expect(classify([], { lines: [warning, ...lines] }).code).toBe('LOGIN_REQUIRED');
  });

  it('and a refused page that required a browser is recognised', () => {
    const error = raised('plain', 'Unable to download webpage', withStatus(403));
    const warning =
      'WARNING: [site] The extractor is attempting impersonation, but no impersonate target is available.';
    expect(classify([error], { lines: [warning, error.text] }).code).toBe('IMPERSONATION_NEEDED');
  });
});
