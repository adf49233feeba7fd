import {
  type DownloadOptions,
  FORMAT_PRESETS,
  QUALITIES,
  type Selection,
} from '@artemis/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argvOf } from '../../src/worker/argv/argv.ts';
import { explainSelection } from '../../src/worker/explanation.ts';
import { planOf } from '../../src/worker/plan/plan.ts';
import { NONCE_NAME, typed } from '../../src/worker/output/typed-words.ts';
import { anyOptions } from './any-options.ts';

const engine = {
  ytDlpVersion: '2026.10.26',
  jsRuntime: { name: 'node' as const, path: '/opt/node/bin/node' },
};

function selectionOf(selection: Partial<Selection>): Selection {
  return { format_preset: 'Smart (best combined)', quality: 'best', options: {}, ...selection };
}

function codesOf(selection: Partial<Selection>): string[] {
  return explainSelection({
    selection: selectionOf(selection),
    engine,
    isProxyForAll: false,
  }).warnings.map(({ code, message }) => `${code}: ${message}`);
}

const manyOptions: readonly DownloadOptions[] = [
  {},
  { audio_codec: 'mp3', audio_quality: 2, rate_limit_kbps: 500 },
  { container: 'mkv', prefer_codec: 'av1', embed_metadata: true, embed_thumbnail: true },
  { section: { start: 1, end: '1:05', precise: true }, split_chapters: true },
  { subtitles: { languages: ['en', 'pt-BR'], auto: true, embed: true, format: 'srt' } },
  { sponsorblock: { mode: 'remove', categories: ['sponsor', 'intro'] }, write_info: true },
  { simulate: true },
  { format_id: 'hls-720+x', live: { from_start: true, max_seconds: 60 } },
  { proxy: 'http://proxy.example:3128' },
];

describe('an explanation', () => {
  it('has exactly the arguments that a download runs and logs, whatever is selected', () => {
    const expectSame = (
      format_preset: Selection['format_preset'],
      quality: Selection['quality'],
      options: DownloadOptions,
    ) => {
      const selection = selectionOf({ format_preset, quality, options });
      const isProxyForAll = options.proxy !== undefined;
      const { argv } = explainSelection({ selection, engine, isProxyForAll });
      const run = argvOf({
        url: 'https://link',
        plan: planOf(selection),
        nonce: '0123456789abcdef01234567',
        engine,
        isProxyForAll,
        isTlsVerifiedByFfmpeg: true,
      });
      const logged = typed(
        run.map((word) => word.replaceAll('0123456789abcdef01234567', NONCE_NAME)),
      );
      expect(argv.map(({ argument }) => argument).join(' ')).toBe(logged);
    };
    for (const format_preset of FORMAT_PRESETS) {
      for (const options of manyOptions) expectSame(format_preset, '720p', options);
    }
    fc.assert(
      fc.property(
        fc.constantFrom(...FORMAT_PRESETS),
        fc.constantFrom(...QUALITIES),
        anyOptions,
        expectSame,
      ),
      { numRuns: 300 },
    );
  });

  it('warns about options without effect', () => {
    expect(codesOf({ options: { audio_codec: 'mp3', audio_quality: 3 } })).toEqual([
      'OPTION_IGNORED: audio_codec changes nothing with these choices.',
      'OPTION_IGNORED: audio_quality changes nothing with these choices.',
    ]);
    expect(codesOf({ format_preset: 'Playlist (flat)', quality: '720p' })).toEqual([
      'OPTION_IGNORED: quality changes nothing with these choices.',
    ]);
    expect(
      codesOf({
        format_preset: 'Audio only',
        options: { audio_codec: 'wav', embed_thumbnail: true },
      }),
    ).toContain('OPTION_IGNORED: embed_thumbnail changes nothing with these choices.');
  });

  it('warns about re-encoding, third parties and slower methods', () => {
    const warnings = codesOf({
      options: {
        section: { start: 0, end: 5, precise: true },
        sponsorblock: { mode: 'mark', categories: ['sponsor'] },
        rate_limit_kbps: 100,
      },
    }).map((line) => line.split(':')[0]);
    expect(warnings).toEqual(['ENCODES_ANEW', 'THIRD_PARTY', 'ONE_FRAGMENT_AT_A_TIME']);
    expect(codesOf({})).toEqual([]);
  });

  it('shows the arguments of a current yt-dlp when none is installed', () => {
    const { argv, warnings } = explainSelection({
      selection: selectionOf({}),
      engine: null,
      isProxyForAll: false,
    });
    expect(warnings.map(({ code }) => code)).toEqual(['ENGINE_MISSING']);
    expect(argv.map(({ argument }) => argument)).toContain('--no-remote-components');
  });
});
