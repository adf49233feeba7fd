import { describe, expect, it } from 'vitest';
import { MessageFormatter, parseMessage, type Values } from '../../src/text/message.ts';

function say(locale: string, text: string, values: Values = {}): string {
  return new MessageFormatter(locale).format(parseMessage(text), values);
}

describe('a message', () => {
  it('inserts its values, with numbers as the locale writes them', () => {
    expect(say('en', '{size} in {count} files', { size: '3 MB', count: 12_000 })).toBe(
      '3 MB in 12,000 files',
    );
    expect(say('de', '{count} Links', { count: 12_000 })).toBe('12.000 Links');
    expect(say('hi', '{count}', { count: 1_200_000 })).toBe('12,00,000');
    expect(say('en', 'port {port}', { port: '8500' })).toBe('port 8500');
  });

  it('chooses the plural form for a number', () => {
    const files = '{n, plural, =0 {no file} one {# file} other {# files}} of {site}';
    const said = [0, 1, 2, 1500].map((n) => say('en', files, { n, site: 'a' }));
    expect(said).toEqual(['no file of a', '1 file of a', '2 files of a', '1,500 files of a']);
    const polish = '{n, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}';
    expect([1, 3, 5, 22].map((n) => say('pl', polish, { n }))).toEqual([
      '1 plik',
      '3 pliki',
      '5 plików',
      '22 pliki',
    ]);
    const place = '{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}';
    expect([1, 2, 3, 11, 22].map((n) => say('en', place, { n }))).toEqual([
      '1st',
      '2nd',
      '3rd',
      '11th',
      '22nd',
    ]);
  });

  it('chooses by a word, also inside a plural form', () => {
    const text =
      '{n, plural, one {{who, select, me {my # file} other {# file of {who}}}} other {# files}}';
    expect(say('en', text, { n: 1, who: 'me' })).toBe('my 1 file');
    expect(say('en', text, { n: 1, who: 'Ann' })).toBe('1 file of Ann');
    expect(say('en', text, { n: 2, who: 'me' })).toBe('2 files');
    expect(say('en', '#1 {x, select, a {} other {#}}', { x: 'b' })).toBe('#1 #');
  });

  it.each(['{', '}', '{a', 'a}', '{a, plural}', '{n, plural, one {x}}', '{a b}', '{}'])(
    'cannot be %s',
    (text) => {
      expect(() => parseMessage(text)).toThrow('cannot read');
    },
  );
});
