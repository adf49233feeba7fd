import type { Download, Metadata } from '@artemis/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exampleName,
  fileNameOf,
  templateProblem,
} from '../../../src/domain/selection/file-name.ts';
import { safeComponent } from '../../../src/domain/selection/safe-name.ts';
import { hostileTitles } from '../../origin/page-routes.ts';

const ID = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
const LONGEST_SUFFIX = ` (1000).${'x'.repeat(35)}.vtt`;

function nameOf(template: string | undefined, metadata: Metadata = {}, directory?: string): string {
  const options: Download['options'] = {};
  if (template !== undefined) options.name_template = template;
  if (directory !== undefined) options.directory = directory;
  const name = fileNameOf({ id: ID, title: null, options, metadata });
  return name.directory === '' ? name.base : `${name.directory}/${name.base}`;
}

/** What holds of every component on every file system. */
function expectSafe(path: string): void {
  for (const component of path.split('/')) {
    expect(component).not.toMatch(/^[. ]|[. ]$|^$/);
    expect(component).not.toMatch(
      /[<>:"/\\|?*\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}|^[\u200c\u200d]|[\u200c\u200d]{2}|[\u200c\u200d]$/u,
    );
    expect(component).not.toMatch(/^(con|prn|aux|nul|(com|lpt)\d)(\.|$)/i);
    expect(component.normalize('NFC')).toBe(component);
    expect(Buffer.byteLength(component)).toBeLessThanOrEqual(255);
    expect(Buffer.from(component).toString()).toBe(component);
  }
  const base = path.split('/').at(-1) ?? '';
  expect(Buffer.byteLength(base + LONGEST_SUFFIX)).toBeLessThanOrEqual(255);
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({
    unit: fc.constantFrom('.', ' ', '/', '\\', '\u202e', '\u200d', 'e', '\u0301', '😀', '\ud800'),
  }),
  fc.constantFrom(
    ...hostileTitles,
    'COM1',
    'lpt9.txt',
    'CON .x',
    'aux.',
    '\u3164',
    '👩‍👩‍👧‍👦'.repeat(100),
  ),
);

describe('a file name', () => {
  it('is the id of the download by default, in the requested folder', () => {
    expect(nameOf(undefined, { title: '../x' })).toBe(ID);
    expect(nameOf('{id}', {}, 'music/a')).toBe(`music/a/${ID}`);
  });

  it('has no query of a link in it', () => {
    const metadata = { video_id: 'clip?token=SECRET&x=1' };
    expect(nameOf('{video_id}-{id}', metadata)).toBe(`clip-${ID}`);
    expect(nameOf('{video_id}', { video_id: '?token=SECRET' })).toBe('unknown');
  });

  it('is filled with known fields, and a placeholder for unknown ones', () => {
    const metadata: Metadata = {
      title: 'Title',
      uploader: 'Someone',
      video_id: 'abc',
      upload_date: '20260131',
      playlist_title: 'List',
      playlist_index: 7,
      height: 720,
    };
    const template =
      '{uploader}/{playlist} {playlist_index}/{upload_date} {title} [{video_id}] {height}p';
    expect(nameOf(template, metadata)).toBe('Someone/List 7/20260131 Title [abc] 720p');
    expect(nameOf('{uploader}/{title}', { title: '' })).toBe('unknown/unknown');
  });

  it('cannot leave its folder or be a special name, whatever the site says', () => {
    expect(nameOf('{title}', { title: '../../etc/passwd' })).toBe('_.._etc_passwd');
    expect(nameOf('{title}/{id}', { title: '..' })).toBe(`unknown/${ID}`);
    expect(nameOf('{title}', { title: 'CON' })).toBe('_CON');
    expect(nameOf('{title}', { title: 'nul.mp4' })).toBe('_nul.mp4');
    expect(nameOf('{title}', { title: '\u202Egpj.exe' })).toBe('gpj.exe');
    expect(nameOf('{title}', { title: 'trailing dots...   ' })).toBe('trailing dots');
    expect(nameOf('.{title}.', { title: '.hidden' })).toBe('hidden');
    expect(nameOf('{title}', { title: '{id}' })).toBe('{id}');
    expect(nameOf('{title}', { title: 'e\u0301' })).toBe('\u00e9');
  });

  it('of 300 emoji is cut between two of them and keeps the rest of the template', () => {
    const name = nameOf('{title} [{video_id}]', { title: '👩‍🚀'.repeat(300), video_id: 'abc' });
    expect(name).toMatch(/^(👩\u200d🚀)+ \[abc\]$/u);
    expect(Buffer.byteLength(name)).toBeGreaterThan(190);
    expectSafe(name);
    expectSafe(nameOf('{title}/{title}', { title: '😀'.repeat(300) }));
  });

  it('keeps zero-width joiners inside words and emoji only', () => {
    for (const title of [
      'می\u200cخواهم',
      '👨\u200d👩\u200d👧 at home',
      'क\u094d\u200dष',
      '۲۰\u200cساله',
    ]) {
      expect(nameOf('{title}', { title })).toBe(title.normalize('NFC'));
    }
    expect(nameOf('{title}', { title: '\u200da\u200c\u200cb \u200d c\u200c' })).toBe('ab c');
    expect(nameOf('{title}', { title: '\u200d' })).toBe('unknown');
  });

  it('is safe for any text in any placeholder', () => {
    const template = fc.constantFrom(
      '{title}',
      '{uploader}/{title} [{id}]',
      '.{title}.',
      '{title}{uploader}{playlist}/{video_id}.{title}',
      `${'ä'.repeat(140)}{title}/{playlist} {title}`,
    );
    fc.assert(
      fc.property(template, anyText, anyText, (name, title, uploader) => {
        expectSafe(nameOf(name, { title, uploader, playlist_title: title, video_id: uploader }));
      }),
      { numRuns: 1000 },
    );
  });

  it('does not change when it is made safe again', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 20, max: 255 }), (text, bytes) => {
        const once = safeComponent(text, bytes);
        expect(Buffer.byteLength(once)).toBeLessThanOrEqual(bytes);
        expect(safeComponent(once, bytes)).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  it('has an example with the extension of the preset', () => {
    const selection = {
      format_preset: 'Smart (best combined)',
      quality: 'best',
      options: {},
    } as const;
    expect(exampleName(selection)).toBe(`downloads/${ID}.mp4`);
    expect(
      exampleName({
        format_preset: 'Audio only',
        quality: '720p',
        options: {
          directory: 'a',
          name_template: '{uploader}/{title} {height}',
          audio_codec: 'mp3',
        },
      }),
    ).toBe('downloads/a/Name of the channel/Title of the video 720.mp3');
    expect(exampleName({ ...selection, options: { simulate: true } })).toBe('');
  });
});

describe('a template', () => {
  it.each([
    ['{tilte}', 'unknown placeholder {tilte}'],
    ['{}', 'unknown placeholder {}'],
    ['{Title}', 'unknown placeholder {Title}'],
    ['{__proto__}', 'unknown placeholder'],
    ['{title', 'brace'],
    ['title}', 'brace'],
    ['{{title}}', 'brace'],
    ['/{title}', 'empty parts'],
    ['{title}/', 'empty parts'],
    ['{uploader}//{title}', 'empty parts'],
    [' ', 'empty parts'],
    ['../{title}', 'below downloads/'],
    ['{uploader}/./{title}', 'below downloads/'],
    ['{uploader}\\{title}', 'below downloads/'],
    ['a/b/c/d/e/f/{title}', 'more than 5 folders'],
  ])('%j is refused: %s', (template, reason) => {
    expect(templateProblem(template)?.message).toContain(reason);
  });

  it.each(['{id}', 'clip', '{uploader}/{title} [{id}]', '{upload_date}_{height}p'])(
    '%j is accepted',
    (template) => {
      expect(templateProblem(template)).toBeNull();
    },
  );
});
