import type { CreateDownloads, Selection } from '@artemis/contracts';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inspect, type Inspected } from '../integration/inspect.ts';
import {
  createServerHome,
  type ServerHome,
  type ServerProcess,
} from '../integration/server-process.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import { DESKTOP_DARK, openBrowser, openPage, paste } from './browser.ts';

interface Combination {
  /** Labels of the form and what a person makes of them: a choice, a text, a tick; of a group, the button to press. */
  readonly set: readonly (readonly [label: string, value: string | boolean])[];
  readonly selection: Partial<Selection>;
  /** Sentences that must stand there, among others. */
  readonly says: readonly string[];
  /** Parts of the arguments that must be shown; all of them are compared with what the server runs. */
  readonly runs: readonly string[];
}

const NAME_PARTS = 'Add to the file name';

const combinations: Readonly<Record<string, Combination>> = {
  'sound as the best MP3 with its cover': {
    set: [
      ['Kind', 'Audio only'],
      ['Audio codec', 'mp3'],
      ['Audio quality', '0'],
      ['Write title and uploader into the file', true],
      ['Write the thumbnail into the file', true],
    ],
    selection: {
      format_preset: 'Audio only',
      options: {
        audio_codec: 'mp3',
        audio_quality: 0,
        embed_metadata: true,
        embed_thumbnail: true,
      },
    },
    says: [
      'Downloads only the sound.',
      'The sound is converted to mp3.',
      'The sound quality is 0 (0 is the best, 10 the smallest).',
      'Written into the file: title and uploader, thumbnail.',
    ],
    runs: ['--audio-format', '--audio-quality', '--embed-metadata', '--embed-thumbnail'],
  },
  'a small picture in MKV with subtitles inside': {
    set: [
      ['Quality', 'Up to 360p'],
      ['Preferred codec', 'h264'],
      ['Container', 'mkv'],
      ['Subtitle languages', 'en, de'],
      ['Subtitle file format', 'SRT'],
      ['Write subtitles into the media file', true],
    ],
    selection: {
      quality: '360p',
      options: {
        prefer_codec: 'h264',
        container: 'mkv',
        subtitles: { languages: ['en', 'de'], format: 'srt', embed: true },
      },
    },
    says: [
      'The picture has at most 360p, or the next lower quality.',
      'Uses h264 if the site offers it.',
      'The file is mkv. The media is not converted.',
      'Subtitles are written into the file: en, de.',
      'Safari and iPhones cannot play MKV.',
    ],
    runs: ['res:360', 'h264', 'mkv', '--sub-langs', '--embed-subs'],
  },
  'an exact clip with everything beside it': {
    set: [
      ['Kind', 'Video with sound, one file'],
      ['From', '1.5'],
      ['To', '0:03.25'],
      ['Cut exactly', true],
      ['Save the thumbnail as a file', true],
      ['Save the metadata as a JSON file', true],
      [NAME_PARTS, 'title'],
      ['Folder inside the downloads folder', 'Clips/2026'],
    ],
    selection: {
      format_preset: 'Video + Audio (muxed)',
      options: {
        section: { start: 1.5, end: '0:03.25', precise: true },
        write_thumbnail: true,
        write_info: true,
        name_template: '{title}',
        directory: 'Clips/2026',
      },
    },
    says: [
      'Only from 1.5 to 0:03.25, cut exactly.',
      'Saved beside the file: thumbnail, metadata as JSON.',
      'Files are stored in downloads/Clips/2026.',
      'Exact cuts need encoding, which takes much longer than copying.',
    ],
    runs: ['--download-sections', '--force-keyframes-at-cuts', '--write-thumbnail'],
  },
  'sound as M4A, a quick clip, slowly': {
    set: [
      ['Kind', 'Audio only'],
      ['Audio codec', 'm4a'],
      ['From', '0:10'],
      ['To', '1:00'],
      ['Speed limit in KiB/s', '500'],
    ],
    selection: {
      format_preset: 'Audio only',
      options: {
        audio_codec: 'm4a',
        section: { start: '0:10', end: '1:00' },
        rate_limit_kbps: 500,
      },
    },
    says: [
      'Only from 0:10 to 1:00, cut at the nearest keyframes.',
      'The speed is at most 512 KB/s.',
    ],
    runs: ['--limit-rate'],
  },
  'sound as FLAC, one file for each chapter': {
    set: [
      ['Kind', 'Audio only'],
      ['Audio codec', 'flac'],
      ['Write chapters into the file', true],
      ['One extra file for each chapter', true],
    ],
    selection: {
      format_preset: 'Audio only',
      options: { audio_codec: 'flac', embed_chapters: true, split_chapters: true },
    },
    says: [
      'Written into the file: chapters.',
      'Each chapter also becomes a file of its own.',
      'Sound is converted to flac when the site does not offer it.',
    ],
    runs: ['--embed-chapters', '--split-chapters'],
  },
  'sound as small Opus through a proxy': {
    set: [
      ['Kind', 'Audio only'],
      ['Audio codec', 'opus'],
      ['Audio quality', '10'],
      ['Proxy', 'socks5://proxy.example:1080'],
    ],
    selection: {
      format_preset: 'Audio only',
      options: { audio_codec: 'opus', audio_quality: 10, proxy: 'socks5://proxy.example:1080' },
    },
    says: ['All traffic goes through socks5://proxy.example:1080.'],
    runs: ['--audio-format'],
  },
  'WebM with automatic captions beside it, sponsors marked': {
    set: [
      ['Quality', 'Up to 1080p'],
      ['Preferred codec', 'vp9'],
      ['Container', 'webm'],
      ['Subtitle languages', 'pt-BR'],
      ['Subtitle file format', 'VTT'],
      ['Also use automatic captions', true],
      ['SponsorBlock', 'Mark them as chapters'],
      ['Intro without content', true],
    ],
    selection: {
      quality: '1080p',
      options: {
        prefer_codec: 'vp9',
        container: 'webm',
        subtitles: { languages: ['pt-BR'], format: 'vtt', auto: true },
        sponsorblock: { mode: 'mark', categories: ['sponsor', 'intro'] },
      },
    },
    says: [
      'Subtitles are VTT files beside the media: pt-BR.',
      'Automatic captions are used where there are no written subtitles.',
      'Sponsored segments become chapters.',
      'The segments come from sponsor.ajay.app, a service that does not belong to the site.',
    ],
    runs: ['vp9', '--write-auto-subs', '--sponsorblock-mark'],
  },
  'AV1 in MP4 without what is sponsored, from the beginning of what is live': {
    set: [
      ['Quality', 'Up to 2160p'],
      ['Preferred codec', 'av1'],
      ['Container', 'mp4'],
      ['SponsorBlock', 'Cut them out'],
      ['Paid promotion', false],
      ['Credits and end cards', true],
      ['Longest recording, in minutes', '2'],
      ['From the beginning, if the site still has it', true],
    ],
    selection: {
      quality: '2160p',
      options: {
        prefer_codec: 'av1',
        container: 'mp4',
        sponsorblock: { mode: 'remove', categories: ['outro'] },
        live: { max_seconds: 120, from_start: true },
      },
    },
    says: [
      'Older phones and televisions cannot play AV1.',
      'Sponsored segments are removed.',
      'Live media is recorded from its beginning.',
      'Live media is recorded for at most 2 minutes.',
    ],
    runs: ['av01', '--sponsorblock-remove', '--live-from-start'],
  },
  'subtitles and metadata without the picture': {
    set: [
      ['Kind', 'Subtitles and metadata'],
      ['Save the thumbnail as a file', false],
    ],
    selection: { format_preset: 'Subtitle + metadata', options: { write_thumbnail: false } },
    says: ['Not saved: thumbnail.'],
    runs: ['--write-info-json'],
  },
  'two new entries of a whole list': {
    set: [
      ['Download', 'all videos'],
      ['At most this many videos', '2'],
      ['Skip videos that were downloaded before', true],
    ],
    selection: { options: { playlist: { mode: 'all', max_items: 2, skip_downloaded: true } } },
    says: [
      'From a playlist, all videos are downloaded.',
      'From a playlist, at most 2 videos are downloaded.',
      'Videos that were downloaded before are skipped.',
      'The list is read first; each of its entries is then downloaded like this.',
    ],
    runs: ['-f'],
  },
  'some positions of a list, only looked at, with a name of many parts': {
    set: [
      ['Preferred codec', 'h265'],
      ['Download', 'these positions'],
      ['Positions', '1-3, 5'],
      ['Do not store a file', true],
      [NAME_PARTS, 'uploader'],
      [NAME_PARTS, 'folder'],
      [NAME_PARTS, 'download ID'],
    ],
    selection: {
      options: {
        prefer_codec: 'h265',
        playlist: { mode: 'select', items: '1-3,5' },
        simulate: true,
        name_template: '{uploader}/{id}',
      },
    },
    says: ['From a playlist, these positions are downloaded: 1-3,5.', 'No file is stored.'],
    runs: ['--simulate'],
  },
  'a list without its media': {
    set: [['Kind', 'Only list a playlist']],
    selection: { format_preset: 'Playlist (flat)' },
    says: ['Lists the videos of a playlist and downloads nothing.'],
    runs: ['--flat-playlist'],
  },
};

/** Those whose file is fetched through the page, with what is in it. */
const downloaded: Readonly<
  Record<string, { path: string; found: Partial<Inspected>; seconds: number; title?: string }>
> = {
  'sound as the best MP3 with its cover': {
    path: '/page/described.html',
    found: { video: null, audio: 'mp3', hasCover: true },
    seconds: 8,
    title: 'A described clip',
  },
  'a small picture in MKV with subtitles inside': {
    path: '/media/hls/master.m3u8',
    found: { height: 360, video: 'h264', subtitles: ['subrip', 'subrip'] },
    seconds: 8,
  },
  'an exact clip with everything beside it': {
    path: '/page/subtitles.html',
    found: { video: 'h264', audio: 'aac' },
    seconds: 1.75,
  },
};

let origin: Origin;
let home: ServerHome;
let server: ServerProcess;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];
/** Ids of what was added, by the name of its combination. */
const added = new Map<string, string>();

beforeAll(async () => {
  origin = await startOrigin();
  home = await createServerHome();
  [server, browser] = await Promise.all([
    home.start({ EGRESS_ALLOW: origin.hostPort, MAX_WORKERS: '3', MAX_PER_HOST: '3' }),
    openBrowser(),
  ]);
  context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB', reducedMotion: 'reduce' });
  ({ page, complaints } = await openPage(context, server.baseUrl));
}, 120_000);

afterAll(async () => {
  await browser.close();
  await home.remove();
  await origin.close();
});

afterEach(() => expect(complaints.splice(0)).toEqual([]));

const form = () => page.locator('main form');
const explained = () => page.getByRole('region', { name: 'What this does' });

async function fill(label: string, value: string | boolean): Promise<void> {
  if (label === NAME_PARTS) {
    const parts = form().getByRole('group', { name: label });
    return parts.getByRole('button', { name: String(value), exact: true }).click();
  }
  const control: Locator = form().getByLabel(label, { exact: true });
  if (typeof value === 'boolean') return control.setChecked(value);
  if (await control.evaluate((element) => element instanceof HTMLSelectElement)) {
    await control.selectOption({ label: value });
  } else await control.fill(value);
}

describe('a selection in the preset builder is explained and sent as chosen:', () => {
  it.each(Object.entries(combinations))('%s', { timeout: 60_000 }, async (name, combination) => {
    const selection: Selection = {
      format_preset: 'Smart (best combined)',
      quality: 'best',
      options: {},
      ...combination.selection,
    };
    await page.getByRole('link', { name: 'Presets' }).click();
    await page.getByRole('button', { name: 'New preset' }).click();
    for (const [label, value] of combination.set) await fill(label, value);

    const { argv } = await server.client.explain(selection);
    await expect
      .poll(() => explained().locator('dt').allInnerTexts(), { timeout: 20_000 })
      .toEqual(argv.map(({ argument }) => argument));
    // The sentences come with another answer where a choice changes no argument.
    await expect
      .poll(async () => {
        const said = await explained().getByRole('listitem').allInnerTexts();
        return said.map((sentence) => sentence.replaceAll('\u00a0', ' '));
      })
      .toEqual(expect.arrayContaining([...combination.says]));
    const shown = (await explained().locator('dt').allInnerTexts()).join(' ');
    expect(combination.runs.filter((part) => !shown.includes(part))).toEqual([]);

    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Use for the next links' }).click();
    await paste(page, origin.url + (downloaded[name]?.path ?? `/entry/${added.size}/clip.mp4`));
    const [request] = await Promise.all([
      page.waitForRequest((one) => one.method() === 'POST' && one.url().endsWith('/downloads')),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ]);
    const { format_preset, quality, options } = request.postDataJSON() as CreateDownloads;
    expect({ format_preset, quality, options }).toEqual(selection);

    const answer = await request.response();
    if (answer === null) throw new Error('The page got no answer.');
    expect(answer.status()).toBe(202);
    const { downloads } = (await answer.json()) as { downloads: { id: string }[] };
    const id = downloads[0]?.id ?? '';
    added.set(name, id);
    // What is not looked at later leaves its place to the others.
    if (!downloaded[name]) await server.client.actOnDownloads({ action: 'cancel', ids: [id] });
  });
});

describe('a selection in the preset builder shapes the saved file:', () => {
  it.each(Object.entries(downloaded))('%s', { timeout: 120_000 }, async (name, expected) => {
    await page.goto(`${server.baseUrl}/?download=${added.get(name)}`);
    const drawer = page.getByRole('dialog');
    await drawer.getByText('Finished', { exact: true }).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      drawer.getByRole('button', { name: 'Save file' }).first().click(),
    ]);
    const found = await inspect(await file.path());
    expect(found).toMatchObject(expected.found);
    expect(Math.abs(found.seconds - expected.seconds)).toBeLessThan(0.25);
    if (expected.title !== undefined) expect(found.tags['title']).toBe(expected.title);
  });
});
