import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from './app-under-test.ts';

let app: AppUnderTest;

beforeAll(async () => {
  app = await startApp({
    environment: { ALLOWED_HOSTS: '127.0.0.1,localhost', RATE_LIMIT_ENABLED: 'false' },
  });
});
afterAll(() => app.close());

const post = (url: string, payload: object) => app.app.inject({ method: 'POST', url, payload });

interface Refusal {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
}

const section = { start: 1, end: 2 };
const bad: readonly (readonly [options: unknown, path: string])[] = [
  [{ subtitles: { languages: ['english please'] } }, '/options/subtitles/languages/0'],
  [{ subtitles: { languages: ['en', 'x'] } }, '/options/subtitles/languages/1'],
  [{ subtitles: { languages: ['en', 'de', 'qq'] } }, '/options/subtitles/languages/2'],
  [{ subtitles: { languages: ['zzz-Latn'] } }, '/options/subtitles/languages/0'],
  [{ subtitles: { languages: ['all'], extra: true } }, '/options/subtitles/extra'],
  [{ subtitles: { languages: [] } }, '/options/subtitles/languages'],
  [
    { subtitles: { languages: Array.from({ length: 11 }, (_, n) => `e${'abcdefghijk'[n]}`) } },
    '/options/subtitles/languages',
  ],
  [{ subtitles: { languages: ['en'], format: 'ass' } }, '/options/subtitles/format'],
  [{ section: { start: 5, end: 2 } }, '/options/section/end'],
  [{ section: { start: '1:00', end: 60 } }, '/options/section/end'],
  [{ section: { start: 'soon', end: 60 } }, '/options/section/start'],
  [{ section: { start: -1, end: 60 } }, '/options/section/start'],
  [{ section: { start: 1 } }, '/options/section/end'],
  [{ name_template: '{tilte}' }, '/options/name_template'],
  [{ name_template: '{title' }, '/options/name_template'],
  [{ name_template: '../{title}' }, '/options/name_template'],
  [{ name_template: '/etc/{title}' }, '/options/name_template'],
  [{ name_template: 'a/b/c/d/e/f/{title}' }, '/options/name_template'],
  [{ directory: '..' }, '/options/directory'],
  [{ directory: 'a/../../b' }, '/options/directory'],
  [{ directory: '/etc' }, '/options/directory'],
  [{ directory: 'C:\\Windows' }, '/options/directory'],
  [{ directory: '.artemis-jobs' }, '/options/directory'],
  [{ audio_codec: 'aiff' }, '/options/audio_codec'],
  [{ audio_quality: 11 }, '/options/audio_quality'],
  [{ audio_quality: '5' }, '/options/audio_quality'],
  [{ container: 'avi' }, '/options/container'],
  [{ sponsorblock: { mode: 'remove', categories: [] } }, '/options/sponsorblock/categories'],
  [{ sponsorblock: { mode: 'hide', categories: ['intro'] } }, '/options/sponsorblock/mode'],
  [{ playlist: { mode: 'select', items: '1-10000' }, simulate: 'no' }, '/options/simulate'],
  [{ playlist: { items: '5-' } }, '/options/playlist/items'],
  [{ rate_limit_kbps: 0 }, '/options/rate_limit_kbps'],
  [{ rate_limit_kbps: '400K' }, '/options/rate_limit_kbps'],
  [{ proxy: 'http://user:secret@proxy:1' }, '/options/proxy'],
  [{ proxy: 'file:///etc/passwd' }, '/options/proxy'],
  [{ format_id: '--exec' }, '/options/format_id'],
  [{ live: { max_seconds: 0 } }, '/options/live/max_seconds'],
  [{ exec: 'id' }, '/options/exec'],
  // Each of them alone would do; together they cannot be had.
  [{ section, split_chapters: true }, '/options/split_chapters'],
  [{ section, sponsorblock: { mode: 'mark', categories: ['intro'] } }, '/options/sponsorblock'],
  [{ container: 'webm', prefer_codec: 'h264' }, '/options/prefer_codec'],
  [{ container: 'webm', embed_thumbnail: true }, '/options/embed_thumbnail'],
  [
    { container: 'webm', subtitles: { languages: ['en'], embed: true, format: 'srt' } },
    '/options/subtitles/format',
  ],
];

describe('options that cannot be granted', () => {
  it.each(bad)(
    'are refused with the field in a sentence, and nothing is queued: %j',
    async (options, path) => {
      for (const [url, body] of [
        [
          '/api/v1/downloads',
          { urls: ['https://example.org/a', 'https://example.org/b'], options },
        ],
        ['/api/v1/explanations', { options }],
      ] as const) {
        const answer = await post(url, body);
        expect([url, answer.statusCode]).toEqual([url, 400]);
        expect(answer.headers['content-type']).toContain('application/problem+json');
        const { code, detail, errors } = answer.json<Refusal>();
        expect(code).toBe('VALIDATION_FAILED');
        expect(errors.map((error) => error.path)).toContain(path);
        expect(detail).toMatch(/\.$/);
        expect(errors[0]?.message).not.toBe('');
      }
      const list = await app.app.inject({ method: 'GET', url: '/api/v1/downloads' });
      expect(list.json<{ total: number }>().total).toBe(0);
    },
  );

  it.each([
    [{ audio_quality: 11 }, 'options/audio_quality must be 10 or less.'],
    [{ rate_limit_kbps: 1 }, 'options/rate_limit_kbps must be 16 or more.'],
    [{ rate_limit_kbps: '400K' }, 'options/rate_limit_kbps must be a whole number.'],
    [{ simulate: 'no' }, 'options/simulate must be true or false.'],
    [{ container: ['mp4'] }, 'options/container must be text.'],
    [{ live: true }, 'options/live must be an object.'],
    [{ subtitles: { languages: 'en' } }, 'options/subtitles/languages must be a list.'],
    [{ subtitles: { languages: [] } }, 'options/subtitles/languages must not be empty.'],
    [
      { subtitles: { languages: ['en', 'en'] } },
      'options/subtitles/languages must not have the same entry twice.',
    ],
    [{ name_template: '' }, 'options/name_template must not be empty.'],
    [{ name_template: 'x'.repeat(301) }, 'options/name_template must have at most 300 characters.'],
  ])('are refused in plain words: %j', async (options, sentence) => {
    const answer = await post('/api/v1/downloads', { url: 'https://example.org/a', options });
    expect(answer.json<Refusal>().detail).toBe(sentence);
  });

  it('include a proxy that downloads may not reach', async () => {
    const options = { proxy: 'http://10.0.0.1:3128' };
    const answer = await post('/api/v1/downloads', { url: 'https://example.org/a', options });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<Refusal>().errors).toEqual([
      { path: '/options/proxy', message: 'must not be private' },
    ]);
    const list = await app.app.inject({ method: 'GET', url: '/api/v1/downloads' });
    expect(list.json<{ total: number }>().total).toBe(0);
  });

  it('do not include languages that only some sites know', async () => {
    const languages = ['en-orig', 'zh-Hans', 'iw', 'jp', 'ger', 'und', 'qaa', 'yue-HK', 'mul'];
    const options = { subtitles: { languages } };
    expect((await post('/api/v1/explanations', { options })).statusCode).toBe(200);
  });

  it.each([
    { container: 'webm', subtitles: { languages: ['en'], embed: true } },
    { container: 'mkv', prefer_codec: 'h264', embed_thumbnail: true },
    { section, embed_chapters: true, embed_metadata: true },
    { audio_quality: 3 },
  ])('do not include options without effect: %j', async (options) => {
    expect((await post('/api/v1/explanations', { options })).statusCode).toBe(200);
  });

  it('do not include a container that audio ignores', async () => {
    const options = { container: 'webm', embed_thumbnail: true, audio_codec: 'mp3' };
    const answer = await post('/api/v1/explanations', { format_preset: 'Audio only', options });
    expect(answer.statusCode).toBe(200);
  });
});
