import { expect, it } from 'vitest';
import { runCases } from './python-cases.ts';

type Settled = { readonly extension: string; readonly text: string | null } | { refused: string };
type Text = readonly [
  text: string,
  encoding: string,
  language: string,
  extension: string,
  contentType: string | null,
];

async function settle(texts: readonly Text[]): Promise<Settled[]> {
  const input = JSON.stringify({ texts, tags: [] });
  return ((await runCases('subtitles_cases.py', '', input)) as { texts: Settled[] }).texts;
}

const srt = (text: string) => `1\n00:00:00,500 --> 00:00:02,000\n${text}\n`;

it('subtitles in older encodings become UTF-8, also under the wrong language', async () => {
  const said: readonly (readonly [language: string, text: string, encodings: string])[] = [
    ['ru', 'Я не знаю, что тебе сказать. Мы опаздываем!', 'cp1251 koi8_r cp866 iso8859_5'],
    ['uk', 'Привіт, світе! Де ти був учора ввечері?', 'cp1251 koi8_u'],
    ['fr', 'Où êtes-vous allée hier? Ça va très bien.', 'cp1252 iso8859_15 mac_roman cp850'],
    ['es', '¿Dónde está la niña? ¡Mañana será otro día!', 'cp1252'],
    ['de', 'Ich weiß nicht, was das heißen soll. Schöne Häuser', 'cp1252 cp850'],
    ['pl', 'Nie wiem, co się dzieje. Proszę, pomóż mi, żółty łoś', 'cp1250 iso8859_2'],
    ['cs', 'Nevím, co se děje. Můžeš mi říct?', 'cp1250 iso8859_2'],
    ['hu', 'Nem tudom, mi történik itt. Köszönöm szépen, őrült', 'cp1250'],
    ['tr', 'Bilmiyorum, ne olduğunu söyleyeceğim. Şimdi güneş çıktı', 'cp1254'],
    ['el', 'Γεια σου κόσμε! Τι κάνεις σήμερα;', 'cp1253 iso8859_7'],
    ['he', 'שלום עולם, מה שלומך היום?', 'cp1255'],
    ['ar', 'مرحبا بالعالم، كيف حالك اليوم؟', 'cp1256'],
    ['th', 'สวัสดีชาวโลก คุณเป็นอย่างไรบ้าง', 'cp874'],
    ['zh', '我不知道你在说什么', 'gb18030 utf-16 utf-16-le utf-16-be utf-32-le utf-8-sig'],
    ['zh', '我不知道你在說什麼，請再說一次', 'big5'],
    ['ja', 'お前は何を言っているんだ？', 'cp932 euc_jp iso2022_jp'],
    ['ko', '나는 네가 무슨 말을 하는지 모르겠어', 'cp949'],
  ];
  const texts = said.flatMap(([language, text, encodings]) =>
    encodings
      .split(' ')
      .flatMap((encoding) =>
        [language, 'en', 'und'].map((tag): Text => [srt(text), encoding, tag, 'srt', null]),
      ),
  );
  const found = await settle(texts);
  expect(found).toEqual(texts.map(([text]) => ({ extension: 'srt', text })));
});

it('a short UTF-8 subtitle with a broken byte stays unchanged', async () => {
  // As a lone surrogate is written, that byte comes out of Python as it stands.
  const [found] = await settle([
    [srt('Grüße aus K\udcf6ln, schön, für'), 'utf-8', 'de', 'srt', null],
  ]);
  expect(found).toEqual({ extension: 'srt', text: srt('Grüße aus K\ufffdln, schön, für') });
});

it('the encoding that a server names counts when the text does not decide', async () => {
  const [found] = await settle([
    [srt('ДА'), 'koi8_r', 'en', 'srt', 'application/x-subrip; charset=KOI8-R'],
  ]);
  expect(found).toEqual({ extension: 'srt', text: srt('ДА') });
});

it('a subtitle is recognised by its content, and one without a cue does not count', async () => {
  const vtt = 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n';
  const found = await settle([
    [srt('Bonjour'), 'utf-8', 'fr', 'vtt', null],
    [vtt, 'utf-16', 'en', 'srt', null],
    ['WEBVTT\n\nNOTE nothing\n', 'utf-8', 'en', 'vtt', null],
    ['WEBVTT\n\n00:01.000 --> 00:02.000\n\n', 'utf-8', 'en', 'vtt', null],
    ['[Script Info]\nTitle: x\n', 'utf-8', 'en', 'ass', null],
    ['<tt xmlns="http://www.w3.org/ns/ttml"><body><div/></body></tt>', 'utf-8', 'en', 'ttml', null],
    ['<!doctype html><title>404</title>', 'utf-8', 'en', 'vtt', null],
    ['', 'utf-8', 'en', 'vtt', null],
  ]);
  const none = { refused: 'there is no text in it' };
  expect(found).toEqual([
    { extension: 'srt', text: srt('Bonjour') },
    { extension: 'vtt', text: vtt },
    none,
    none,
    none,
    none,
    { refused: 'The file is no subtitle: it is a web page' },
    { refused: 'it is empty' },
  ]);
});

it('language tags are compared without case, and a plain one matches one with a country', async () => {
  const offered = [
    ['pt-BR', 'en-US', 'en-GB', 'zh_Hans', 'a b'],
    ['de', 'en', 'DE'],
  ];
  const tags = [
    [['pt_br', 'EN', 'zh'], offered],
    [['DE', 'en-gb', 'pt', 'fr', 'all'], offered],
    [['en(-[A-Z]{2})?'], offered],
  ];
  const input = JSON.stringify({ texts: [], tags });
  const found = (await runCases('subtitles_cases.py', '', input)) as { tags: string[][] };
  const exactly = (...words: string[]) => words.map((word) => `(?-i:${word.replace('-', '\\-')})`);
  expect(found.tags).toEqual([
    exactly('pt-BR', 'en-US', 'zh_Hans'),
    exactly('DE', 'en-GB', 'pt-BR', 'fr', 'all'),
    ['en(-[A-Z]{2})?'],
  ]);
});
