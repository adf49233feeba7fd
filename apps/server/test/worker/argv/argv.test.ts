import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type DownloadOptions,
  FORMAT_PRESETS,
  QUALITIES,
  type Selection,
} from '@artemis/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argvOf, compileArgv, type ArgvContext } from '../../../src/worker/argv/argv.ts';
import { ARGV_TABLE } from '../../../src/worker/argv/argv-table.ts';
import { probeRows } from '../../../src/worker/probe/probe-argv.ts';
import { planOf, type OptionalPart } from '../../../src/worker/plan/plan.ts';
import { engineTools } from '../../engine/engine-under-test.ts';
import { runsOf, seedOf } from '../../long-run.ts';
import { anyOptions } from '../any-options.ts';

interface OptionLists {
  readonly pinned: readonly string[];
  readonly reachable: readonly string[];
  /** Besides those of the table; a look at a link downloads nothing. */
  readonly probes: readonly string[];
  readonly never: Readonly<Record<string, readonly string[]>>;
}

const lists = JSON.parse(
  readFileSync(join(import.meta.dirname, 'yt-dlp-options.json'), 'utf8'),
) as OptionLists;
const URL = 'https://example.com/watch?v=1';

function contextOf(
  selection: Partial<Selection>,
  overrides: Partial<ArgvContext> = {},
  leftOut: readonly OptionalPart[] = [],
): ArgvContext {
  const whole: Selection = {
    format_preset: 'Smart (best combined)',
    quality: 'best',
    options: {},
    ...selection,
  };
  return {
    url: URL,
    plan: planOf(whole, new Set(leftOut)),
    nonce: 'abc123',
    engine: { ytDlpVersion: '2026.10.26', jsRuntime: null },
    isProxyForAll: false,
    isTlsVerifiedByFfmpeg: true,
    ...overrides,
  };
}

/** Values of one option, in the order of the command line. */
function valuesOf(context: ArgvContext, option: string): string[] {
  return compileArgv(context)
    .filter(({ argument }) => argument[0] === option)
    .map(({ argument }) => argument[1] ?? '');
}

describe('the command line of yt-dlp', () => {
  it('consists of rows of the table and ends with the link after --, whatever is selected', () => {
    const options = new Set<string>(ARGV_TABLE.map(({ option }) => option));
    const withValue = new Set<string>(
      ARGV_TABLE.filter(({ value }) => value !== undefined).map(({ option }) => option),
    );
    const links = fc.oneof(
      fc.webUrl({ withQueryParameters: true }),
      fc.constant('https://a/--exec=x'),
    );
    fc.assert(
      fc.property(
        anyOptions,
        fc.constantFrom(...FORMAT_PRESETS),
        fc.constantFrom(...QUALITIES),
        links,
        (chosen, format_preset, quality, url) => {
          const argv = argvOf(contextOf({ format_preset, quality, options: chosen }, { url }));
          expect(argv.slice(-2)).toEqual(['--', url]);
          for (let index = 0; index < argv.length - 2; index += 1) {
            expect(options).toContain(argv[index]);
            if (withValue.has(argv[index] ?? '')) index += 1;
          }
        },
      ),
      { numRuns: runsOf('ARTEMIS_ARGV_REQUESTS', 500), ...seedOf() },
    );
  });

  it('explains every argument in a sentence', () => {
    const everything = contextOf({
      options: { write_info: true, subtitles: { languages: ['en'] }, split_chapters: true },
    });
    for (const { meaning } of compileArgv(everything))
      expect(meaning.message).toMatch(/^[A-Z].*\.$/);
  });

  it('knows every option of the installed yt-dlp', async () => {
    const { ytDlp, pythonPath } = await engineTools();
    const script =
      'import json, yt_dlp.options as o; p = o.create_parser(); ' +
      'print(json.dumps([x._long_opts for g in [p, *p.option_groups] for x in g.option_list]))';
    const { stdout } = await promisify(execFile)(pythonPath, ['-c', script], {
      env: { PYTHONPATH: ytDlp?.modulePath ?? '', PYTHONDONTWRITEBYTECODE: '1' },
    });
    const installed = (JSON.parse(stdout) as string[][]).filter((names) => names.length > 0);
    const known = [
      ...lists.pinned,
      ...lists.reachable,
      ...lists.probes,
      ...Object.values(lists.never).flat(),
    ];
    const unknown = installed.filter((names) => !names.some((name) => known.includes(name)));
    expect(installed.length).toBeGreaterThan(200);
    // A new option of yt-dlp: decide in yt-dlp-options.json whether we ever pass it.
    expect(unknown).toEqual([]);
  });

  it('lists each option once, and those of the table as passed', () => {
    const all = [
      ...lists.pinned,
      ...lists.reachable,
      ...lists.probes,
      ...Object.values(lists.never).flat(),
    ];
    expect(all.length).toBe(new Set(all).size);
    const used = [...new Set(ARGV_TABLE.map(({ option }) => option))].sort();
    expect([...lists.pinned, ...lists.reachable].sort()).toEqual(used);
    const looked = probeRows(1).map(({ option }) => option);
    expect([...new Set(looked)].filter((option) => !used.includes(option)).sort()).toEqual(
      lists.probes,
    );
  });

  it('limits what ffmpeg may open for a standalone yt-dlp, which runs none of our code', () => {
    const engine = { ytDlpVersion: '2026.10.26', jsRuntime: null, kind: 'binary' as const };
    const argv = argvOf(contextOf({}, { engine }));
    const ofDownloader = argv[argv.indexOf('--downloader-args') + 1] ?? '';
    const ofPostprocessors = argv[argv.indexOf('--postprocessor-args') + 1] ?? '';
    expect(ofDownloader).toMatch(
      /^ffmpeg_i:.*-protocol_whitelist http,\S+ -format_whitelist \S*\bmov\b/,
    );
    expect(ofDownloader).not.toMatch(/\b(file|sdp|concat|udp|rtp)\b/);
    expect(ofPostprocessors).toMatch(
      /^ffmpeg_i:-protocol_whitelist file -format_whitelist \S*\bmov\b/,
    );
    expect(ofPostprocessors).not.toMatch(/\b(hls|dash|sdp)\b/);
    expect(argvOf(contextOf({}, {}))).not.toContain('--postprocessor-args');
  });

  it('leaves out what an older yt-dlp does not know', () => {
    const argv = argvOf(contextOf({}, { engine: { ytDlpVersion: '2024.03.10', jsRuntime: null } }));
    expect(argv).not.toContain('--no-plugin-dirs');
    expect(argv).not.toContain('--no-js-runtimes');
    expect(argv).not.toContain('--progress-delta');
    expect(argv).toContain('--color');
    const nightly = { ytDlpVersion: '2026.10.26.232815', jsRuntime: null };
    expect(argvOf(contextOf({}, { engine: nightly }))).toContain('--no-plugin-dirs');
  });

  it('never names a proxy, which comes from the environment when everything needs one', () => {
    expect(valuesOf(contextOf({ options: { proxy: 'http://proxy:3128' } }), '--proxy')).toEqual([
      '',
    ]);
    const throughProxy = contextOf(
      { options: { proxy: 'http://proxy:3128' } },
      { isProxyForAll: true },
    );
    expect(argvOf(throughProxy).join(' ')).not.toMatch(/proxy/);
  });

  it('passes the JavaScript runtime and excludes the others', () => {
    const engine = {
      ytDlpVersion: '2026.10.26',
      jsRuntime: { name: 'node' as const, path: '/opt/node' },
    };
    expect(valuesOf(contextOf({}, { engine }), '--js-runtimes')).toEqual(['node:/opt/node']);
    expect(argvOf(contextOf({}))).toContain('--no-js-runtimes');
  });

  it("loads only the owner's plugins, and none without PLUGINS_DIR", () => {
    const engine = {
      ytDlpVersion: '2026.10.26',
      jsRuntime: null,
      pluginsDir: '/srv/plugins',
      potProviderUrl: 'http://127.0.0.1:4416',
    };
    const argv = argvOf(contextOf({}, { engine }));
    expect(argv.indexOf('--plugin-dirs')).toBe(argv.indexOf('--no-plugin-dirs') + 1);
    expect(valuesOf(contextOf({}, { engine }), '--plugin-dirs')).toEqual(['/srv/plugins']);
    expect(valuesOf(contextOf({}, { engine }), '--extractor-args')).toEqual([
      'youtubepot-bgutilhttp:base_url=http://127.0.0.1:4416',
    ]);
    expect(argvOf(contextOf({})).join(' ')).not.toMatch(/--plugin-dirs|--extractor-args/);
  });
});

describe('presets and qualities', () => {
  it('prefer a quality instead of requiring it', () => {
    const context = contextOf({ quality: '720p' });
    expect(valuesOf(context, '--format')).toEqual(['bv*+ba/b']);
    expect(valuesOf(context, '--format-sort')[0]).toMatch(/^lang,res:720,/);
  });

  it('join into MP4 with M4A for the muxed preset and leave the container open for the smart one', () => {
    const muxed = contextOf({ format_preset: 'Video + Audio (muxed)' });
    expect(valuesOf(muxed, '--merge-output-format')).toEqual(['mp4']);
    expect(valuesOf(muxed, '--remux-video')).toEqual(['mp4']);
    expect(valuesOf(muxed, '--format-sort')[0]).toContain('ext:mp4:m4a');
    expect(valuesOf(contextOf({}), '--merge-output-format')).toEqual([]);
  });

  it('extract audio without re-encoding when the site has the codec', () => {
    const asIs = contextOf({ format_preset: 'Audio only' });
    expect(valuesOf(asIs, '--audio-format')).toEqual(['best']);
    expect(valuesOf(asIs, '--format')).toEqual(['ba/b']);
    const opus = contextOf({ format_preset: 'Audio only', options: { audio_codec: 'opus' } });
    expect(valuesOf(opus, '--audio-format')).toEqual(['opus']);
    expect(valuesOf(opus, '--format-sort')[0]).toContain('acodec~opus');
  });

  it('store subtitles, thumbnail and metadata beside the media for their preset', () => {
    const argv = argvOf(contextOf({ format_preset: 'Subtitle + metadata' }));
    for (const option of [
      '--write-subs',
      '--write-auto-subs',
      '--write-thumbnail',
      '--write-info-json',
    ]) {
      expect(argv).toContain(option);
    }
    expect(argv.join(' ')).toContain('--convert-thumbnails jpg');
    expect(argv.join(' ')).toContain('--sub-langs en(-[A-Z]{2})?,[a-z]{2,3}-orig');
  });

  it('list a playlist without downloading, or take one entry', () => {
    const flat = contextOf({
      format_preset: 'Playlist (flat)',
      options: { playlist: { items: '2-4' } },
    });
    expect(argvOf(flat)).toEqual(expect.arrayContaining(['--flat-playlist', '--simulate']));
    expect(valuesOf(flat, '--playlist-items')).toEqual(['2-4']);
    expect(valuesOf(contextOf({}), '--playlist-items')).toEqual(['1']);
    expect(argvOf(contextOf({}))).toContain('--no-playlist');
  });

  it('rank by codec first without a named quality, and by size first with one', () => {
    const options = { prefer_codec: 'av1' as const };
    expect(valuesOf(contextOf({ options }), '--format-sort')[0]).toMatch(
      /^lang,vcodec:av01,quality,res/,
    );
    expect(valuesOf(contextOf({ options, quality: '480p' }), '--format-sort')[0]).toMatch(
      /^lang,res:480,vcodec:av01/,
    );
  });
});

describe('options', () => {
  it('cut a section given as clock times', () => {
    const section = { start: '1:30', end: '1:00:00.5', precise: true };
    const context = contextOf({ options: { section } });
    expect(valuesOf(context, '--download-sections')).toEqual(['*90-3600.5']);
    expect(argvOf(context)).toContain('--force-keyframes-at-cuts');
  });

  it('fetch one fragment at a time when the rate is limited', () => {
    expect(valuesOf(contextOf({}), '--concurrent-fragments')).toEqual(['8']);
    const limited = contextOf({ options: { rate_limit_kbps: 400 } });
    expect(valuesOf(limited, '--concurrent-fragments')).toEqual(['1']);
    expect(valuesOf(limited, '--limit-rate')).toEqual(['400K']);
  });

  it('leave out a failed optional part', () => {
    const options: DownloadOptions = {
      subtitles: { languages: ['en', 'de'] },
      sponsorblock: { mode: 'mark', categories: ['sponsor'] },
      write_thumbnail: true,
    };
    const context = contextOf({ options }, {}, ['subtitle:en', 'sponsorblock', 'thumbnail']);
    expect(valuesOf(context, '--sub-langs')).toEqual(['de']);
    expect(argvOf(context)).not.toContain('--sponsorblock-mark');
    expect(argvOf(context)).not.toContain('--write-thumbnail');
    const nothing = contextOf({ options }, {}, ['subtitle:en', 'subtitle:de']);
    expect(argvOf(nothing)).not.toContain('--write-subs');
  });

  it('choose a container that can hold a cover', () => {
    const context = contextOf({ options: { embed_thumbnail: true } });
    expect(valuesOf(context, '--remux-video')[0]).toMatch(/mkv$/);
    const wav = contextOf({
      format_preset: 'Audio only',
      options: { embed_thumbnail: true, audio_codec: 'wav' },
    });
    expect(argvOf(wav)).not.toContain('--embed-thumbnail');
  });
});
