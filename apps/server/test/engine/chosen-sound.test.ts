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

/** Ids of the formats that yt-dlp takes for each case: picture first. */
async function chosen(cases: readonly (readonly [Site, Wanted])[]): Promise<string[][]> {
  const asked = cases.map(([site, wanted]) => ({ ...site, argv: argvFor(wanted) }));
  return (await runCases('chosen_sound_cases.py', null, JSON.stringify(asked))) as string[][];
}

function argvFor(wanted: Wanted): string[] {
  const argv = argvOf({
    url: 'http://site/',
    plan: planOf({ ...DEFAULT_SELECTION, ...wanted }),
    nonce: 'abc123',
    engine: { ytDlpVersion: '2026.10.26', jsRuntime: null },
    isProxyForAll: false,
    isTlsVerifiedByFfmpeg: false,
  });
  const names = ['--format', '--format-sort', '--extractor-args'];
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
