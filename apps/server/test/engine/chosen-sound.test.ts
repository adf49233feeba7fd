import { describe, expect, it } from 'vitest';
import { DEFAULT_SELECTION, type Selection } from '@artemis/contracts';
import { argvOf } from '../../src/worker/argv/argv.ts';
import { planOf } from '../../src/worker/plan/plan.ts';
import { runCases } from './python-cases.ts';

interface Site {
  readonly hls?: string;
  readonly dash?: string;
  readonly formats?: readonly object[];
}
type Wanted = Partial<Selection>;
type EngineKind = 'module' | 'binary';

/** Ids of the formats that yt-dlp takes for each case: picture first. */
async function chosen(
  cases: readonly (readonly [Site, Wanted])[],
  kind: EngineKind = 'module',
): Promise<string[][]> {
  const asked = cases.map(([site, wanted]) => ({ ...site, argv: argvFor(wanted, kind) }));
  return (await runCases('chosen_sound_cases.py', null, JSON.stringify(asked))) as string[][];
}

function argvFor(wanted: Wanted, kind: EngineKind): string[] {
  const argv = argvOf({
    url: 'http://site/',
    plan: planOf({ ...DEFAULT_SELECTION, ...wanted }),
    nonce: 'abc123',
    engine: { ytDlpVersion: '2026.10.26', jsRuntime: null, kind },
    isProxyForAll: false,
    isTlsVerifiedByFfmpeg: false,
  });
  const names = ['--format', '--format-sort', '--extractor-args', '--download-sections'];
  return argv.flatMap((word, index) => (names.includes(word) ? [word, argv[index + 1] ?? ''] : []));
}

/** Renditions as `NAME|language|other attributes`; the picture has no sound of its own. */
function hls(...renditions: readonly string[]): Site {
  const media = renditions.map((rendition, index) => {
    const [name = '', language = '', more = ''] = rendition.split('|');
    const tag = language === '' ? '' : `,LANGUAGE="${language}"`;
    const group = more.includes('GROUP-ID') ? '' : ',GROUP-ID="a"';
    return `#EXT-X-MEDIA:TYPE=AUDIO,NAME="${name}"${tag}${group},URI="${index}.m3u8"${more}`;
  });
  const variant =
    '#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=640x360,CODECS="avc1.42c01e,mp4a.40.2",AUDIO="a"';
  return { hls: ['#EXTM3U', ...media, variant, 'v.m3u8', ''].join('\n') };
}

/** Sets of sound as `language|bandwidth|what is inside`. */
function dash(...sets: readonly string[]): Site {
  const sounds = sets.map((set, index) => {
    const [language = '', bandwidth = '', inside = ''] = set.split('|');
    const lang = language === '' ? '' : ` lang="${language}"`;
    return `<AdaptationSet mimeType="audio/mp4"${lang}>${inside}
      <Representation id="${index}-${language}" bandwidth="${bandwidth}" codecs="mp4a.40.2"><BaseURL>${index}.m4a</BaseURL></Representation></AdaptationSet>`;
  });
  const picture =
    '<AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="400000" width="640" height="360" codecs="avc1.42c01e"><BaseURL>v.mp4</BaseURL></Representation></AdaptationSet>';
  return {
    dash: `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT8S"><Period>${picture}${sounds.join('')}</Period></MPD>`,
  };
}

const role = (value: string) => `<Role schemeIdUri="urn:mpeg:dash:role:2011" value="${value}"/>`;

const DESCRIBED = 'CHARACTERISTICS="public.accessibility.describes-video"';
const originals: readonly (readonly [what: string, site: Site, sound: string])[] = [
  ['the default of HLS', hls('English|en|,DEFAULT=YES', 'Deutsch|de', 'French|fr'), 'a-English'],
  [
    'the default, also where it is not the first',
    hls('Deutsch|de', 'English|en|,DEFAULT=YES', 'French|fr'),
    'a-English',
  ],
  [
    'the first of HLS where nothing is said',
    hls('English|en', 'Deutsch|de', 'French|fr'),
    'a-English',
  ],
  [
    'what is called original, and not the default',
    hls('English|en|,DEFAULT=YES', '日本語 (Original)|ja', 'French|fr'),
    'a-日本語__Original_',
  ],
  [
    'what is not called a dub',
    hls('English Dub|en|,DEFAULT=YES', 'Japanese|ja', 'Deutsch (synchronisiert)|de'),
    'a-Japanese',
  ],
  [
    'what is no description',
    hls('English|en', `English AD|en|,DEFAULT=YES,${DESCRIBED}`),
    'a-English',
  ],
  ['what is no commentary', hls('English|en', 'Commentary|en'), 'a-English'],
  ['names alone', hls('Original', 'Voice over'), 'a-Original'],
  [
    'the main sound of DASH',
    dash(`de|128000|${role('dub')}`, `en|96000|${role('main')}`, `fr|192000|${role('alternate')}`),
    'dash-1-en',
  ],
  ['the first sound of DASH', dash('en|96000', 'de|128000'), 'dash-0-en'],
  ['the better one of the same language', dash('en|96000', 'de|192000', 'en|128000'), 'dash-2-en'],
  [
    'what DASH does not call a description',
    dash(
      `en|192000|<Accessibility schemeIdUri="urn:tva:metadata:cs:AudioPurposeCS:2007" value="1"/>`,
      'en|96000',
    ),
    'dash-1-en',
  ],
];

describe('without a language the original sound is taken', () => {
  it('of every manifest', async () => {
    const found = await chosen(originals.map(([, site]) => [site, {}]));
    const names = originals.map(([what], index) => [what, found[index]?.at(-1)]);
    expect(names).toEqual(originals.map(([what, , sound]) => [what, sound]));
  }, 30_000);
});

const three = hls('English|en|,DEFAULT=YES', 'Deutsch|de', 'French|fr-CA');
const picture = { vcodec: 'avc1', acodec: 'none', ext: 'mp4', height: 720 };
const sound = { vcodec: 'none', acodec: 'mp4a', ext: 'm4a' };
const both = { vcodec: 'avc1', acodec: 'mp4a', ext: 'mp4', height: 360 };
const site = (...formats: readonly object[]): Site => ({
  formats: formats.map((format) => ({ url: 'http://site/f', ...format })),
});
const apart = site(
  { format_id: 'v', ...picture },
  { format_id: 'en', ...sound, language: 'en', language_preference: 10 },
  { format_id: 'de', ...sound, language: 'de', language_preference: -1 },
  { format_id: 'de-desc', ...sound, language: 'de', language_preference: -10, abr: 500 },
);
const joined = site(
  { format_id: 'en', ...both, language: 'en' },
  { format_id: 'de', ...both, language: 'de' },
);
/** The picture has the original sound in it, and only the dubs are apart. */
const dubsApart = site(
  { format_id: 'muxed', ...both, language: 'en', language_preference: 10 },
  { format_id: 'de', ...sound, language: 'de' },
  { format_id: "f'r", ...sound, language: 'fr' },
);
const webm = site(
  { format_id: 'v', ...picture, vcodec: 'vp9', ext: 'webm' },
  { format_id: 'en', ...sound, acodec: 'opus', ext: 'webm', language: 'en' },
  { format_id: 'de-m4a', ...sound, language: 'de', abr: 500 },
  { format_id: 'de', ...sound, acodec: 'opus', ext: 'webm', language: 'de' },
);

const speaking = (audio_languages: string[], more: Wanted = {}): Wanted => ({
  ...more,
  options: { ...more.options, audio_languages },
});
const soundAlone = (...tags: string[]) => speaking(tags, { format_preset: 'Audio only' });
const inSection = { options: { section: { start: 1, end: 2 } } };

const cases: readonly (readonly [what: string, Site, Wanted, formats: string[]])[] = [
  ['a dub that is asked for', three, speaking(['de']), ['400', 'a-Deutsch']],
  [
    'several, in the order asked for',
    three,
    speaking(['fr', 'EN']),
    ['400', 'a-French', 'a-English'],
  ],
  ['what is there of several', three, speaking(['ja', 'DE', 'ko']), ['400', 'a-Deutsch']],
  ['another spelling', three, speaking(['fr_ca']), ['400', 'a-French']],
  ['the original where none is there', three, speaking(['ja']), ['400', 'a-English']],
  ['one stream where two tags mean it', three, speaking(['fr', 'fr-CA']), ['400', 'a-French']],
  ['the better kind of a language', apart, speaking(['de']), ['v', 'de']],
  ['two languages', apart, speaking(['de', 'en']), ['v', 'de', 'en']],
  ['sound alone in one language', apart, soundAlone('ja', 'de', 'en'), ['de']],
  ['sound alone of joined formats', joined, soundAlone('de'), ['de']],
  ['a joined format', joined, speaking(['de', 'en']), ['de']],
  ['sound in place of what the picture has', dubsApart, speaking(['de']), ['muxed', 'de']],
  ['two that are both apart', dubsApart, speaking(['fr', 'de']), ['muxed', "f'r", 'de']],
  ['what the picture has, with a dub', dubsApart, speaking(['en', 'fr']), ['muxed', "f'r"]],
  ['of a section what ffmpeg can take', dubsApart, speaking(['en', 'fr'], inSection), ['muxed']],
  ['two in a section', apart, speaking(['de', 'en'], inSection), ['v', 'de', 'en']],
  ['what fits into the container of the first', webm, speaking(['en', 'de']), ['v', 'en', 'de']],
  [
    'a format with sound for it',
    apart,
    speaking(['de'], { options: { format_id: 'v' } }),
    ['v', 'de'],
  ],
  [
    'a format that speaks otherwise',
    dubsApart,
    speaking(['de'], { options: { format_id: 'muxed' } }),
    ['muxed', 'de'],
  ],
];

describe('of requested languages is taken', () => {
  it('what the site has', async () => {
    const found = await chosen(cases.map(([, from, wanted]) => [from, wanted]));
    const names = cases.map(([what], index) => [what, found[index]]);
    expect(names).toEqual(cases.map(([what, , , formats]) => [what, formats]));
  }, 30_000);

  it('the first that is there, by a standalone yt-dlp', async () => {
    const alone: readonly (readonly [Site, Wanted])[] = [
      [three, speaking(['ja', 'FR', 'en'])],
      [three, speaking(['ja'])],
      [joined, speaking(['de'])],
      [joined, soundAlone('de')],
      [webm, speaking(['de'], { options: { container: 'webm' } })],
      [apart, speaking(['de'], { options: { format_id: 'v' } })],
    ];
    expect(await chosen(alone, 'binary')).toEqual([
      ['400', 'a-French'],
      ['400', 'a-English'],
      ['de'],
      ['de'],
      ['v', 'de'],
      ['v', 'de'],
    ]);
  }, 30_000);
});
