import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inspect } from '../integration/inspect.ts';
import {
  createServerHome,
  eventually,
  type ServerHome,
  type ServerProcess,
} from '../integration/server-process.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import { DESKTOP_DARK, openBrowser, openPage, paste, type WatchedPage } from './browser.ts';

const LONG = { timeout: 120_000 };

let origin: Origin;
let home: ServerHome;
let server: ServerProcess;
let browser: Browser;
let context: BrowserContext;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  origin = await startOrigin();
  home = await createServerHome();
  [server, browser] = await Promise.all([
    home.start({ EGRESS_ALLOW: origin.hostPort, MAX_ATTEMPTS: '1' }),
    openBrowser(),
  ]);
  await eventually(async () => (await server.client.telemetry()).engine.mode === 'warm');
}, 120_000);

afterAll(async () => {
  await browser.close();
  await home.remove();
  await origin.close();
});

beforeEach(async () => {
  context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB' });
  watched = await openPage(context, server.baseUrl);
  ({ page } = watched);
  page.setDefaultTimeout(45_000);
});

afterEach(async () => {
  await context.close();
  // A look or a selection that is refused is an answer, and the browser writes it down as an error all the same.
  expect(watched.complaints.filter((one) => !/status of 4(00|22)/.test(one))).toEqual([]);
});

/** The download of this path of the origin, once it has ended. */
async function ended(path: string) {
  const url = origin.url + path;
  const id = await eventually(async () => {
    const { downloads } = await server.client.listDownloads({ limit: 50 });
    return downloads.find((one) => one.url === url)?.id ?? null;
  });
  return server.client.waitFor(id, { intervalMs: 50 });
}

/** Presses Add in the tray. */
async function addFromTray(): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: 'Download', exact: true }).click();
}

describe('a selection in the preset builder', LONG, () => {
  it('is explained while it is made, refused at the wrong field, and gives the promised file', async () => {
    await page.goto(`${server.baseUrl}/presets`);
    await page.getByRole('button', { name: 'New preset' }).click();
    await page.getByLabel('Name', { exact: true }).fill('With everything');
    await page.getByLabel('Quality', { exact: true }).selectOption('360p');
    await page.getByLabel('Container').selectOption('mkv');
    const languages = page.getByLabel('Subtitle languages');
    await languages.fill('en, d');
    await page.getByText('Fix the marked fields first').waitFor();
    await languages.fill('en, de');
    await page.getByLabel('Subtitle file format').selectOption('srt');
    await page.getByLabel('Write title and uploader into the file').check();
    await page.getByLabel('Save the metadata as a JSON file').check();
    await page.getByRole('button', { name: /^title/ }).click();
    await page.getByRole('textbox', { name: 'Folder inside' }).fill('Council/2026');
    const explained = page.getByRole('region', { name: 'What this does' });
    await explained.getByText('--sub-langs').waitFor();
    await page.getByText('Council/2026/Title of the video.mkv').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Use for the next links' }).click();
    await paste(page, `${origin.url}/media/hls/master.m3u8`);
    await page.getByRole('button', { name: 'Download', exact: true }).click();

    const record = await ended('/media/hls/master.m3u8');
    expect(record.error).toBeNull();
    expect(record).toMatchObject({ status: 'completed', quality: '360p', warnings: [] });
    expect(record.options).toEqual({
      container: 'mkv',
      subtitles: { languages: ['en', 'de'], format: 'srt' },
      embed_metadata: true,
      write_info: true,
      name_template: '{title}',
      directory: 'Council/2026',
    });
    const folder = join(home.downloadsDir, 'Council/2026');
    const names = await readdir(folder);
    const media = names.find((name) => name.endsWith('.mkv')) ?? '';
    expect(names.filter((name) => name.endsWith('.json'))).toHaveLength(1);
    const found = await inspect(join(folder, media));
    expect(found.height).toBe(360);
    expect(names.filter((name) => name.endsWith('.srt'))).toHaveLength(2);
    expect(found.tags['title']).toBe('master');
  });
});

describe('the panels of a link', LONG, () => {
  it('show its formats before it starts, and choose one for this download alone', async () => {
    await paste(page, `${origin.url}/media/dash/manifest.mpd`);
    await page.getByRole('button', { name: 'Show details' }).click();
    await page.getByRole('button', { name: /^Formats of/ }).click();
    const rows = page.getByRole('row').filter({ hasText: '360p' });
    const id = (await rows.first().locator('label .mono').textContent()) ?? '';
    await rows.first().getByRole('radio').check();
    await page.getByRole('button', { name: 'Use this format' }).click();
    await page.getByText(`Format ${id}, for this link only`).waitFor();
    await addFromTray();
    const record = await ended('/media/dash/manifest.mpd');
    expect(record).toMatchObject({
      status: 'completed',
      options: { format_id: id },
      metadata: { height: 360 },
    });
  });

  it('select entries of a playlist, whose download shows their progress', async () => {
    await paste(page, `${origin.url}/feed.rss?n=12&title=Session`);
    await page.getByRole('button', { name: 'Show details' }).click();
    await page.getByRole('button', { name: /^Videos of/ }).click();
    await page.getByText('All 12 videos read').waitFor();
    await page.getByLabel('Positions').fill('2-3');
    await page.getByRole('button', { name: 'Choose these' }).click();
    const grid = page.getByRole('grid', { name: 'Videos of the playlist' });
    await grid.getByRole('row', { name: /Session 005/ }).click();
    await page.getByText('3 chosen').waitFor();
    await page.getByRole('button', { name: 'Use this choice' }).click();
    await page.getByText('3 videos: 2-3,5').waitFor();
    await addFromTray();

    const record = await ended('/feed.rss?n=12&title=Session');
    expect(record).toMatchObject({
      status: 'completed',
      options: {
        playlist: {
          mode: 'select',
          entry_ids: [2, 3, 5].map((number) => `${origin.url}/entry/${number}/clip.mp4`),
          items: '2-3,5',
          skip_downloaded: true,
        },
      },
      entries: { total: 3, done: 3, failed: 0 },
    });
    await page.goto(`${server.baseUrl}/?download=${record.id}`);
    const entry = page.getByRole('dialog').getByRole('row', { name: /Session 003/ });
    await entry.getByText('Finished').waitFor();
    await entry.click();
    await page.getByRole('dialog').getByRole('heading', { name: 'Session 003' }).waitFor();
  });
});

describe('a site that requires a sign-in', LONG, () => {
  it('gets its cookies at the failed download, which one press then retries', async () => {
    await paste(page, `${origin.url}/members/clip-360.mp4`);
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const failed = await ended('/members/clip-360.mp4');
    expect(failed.error?.code).toBe('LOGIN_REQUIRED');
    await page.goto(`${server.baseUrl}/?download=${failed.id}`);
    await page.getByRole('button', { name: 'Add cookies for 127.0.0.1' }).click();
    const cookie = ['127.0.0.1', 'FALSE', '/', 'FALSE', '0', 'session', 'member'];
    const other = ['.bank.example', 'TRUE', '/', 'TRUE', '0', 'session', 'of-the-bank'];
    await page
      .getByLabel('Text of cookies.txt')
      .fill(`# Netscape HTTP Cookie File\n${other.join('\t')}\n${cookie.join('\t')}\n`);
    await page.getByText('1 cookie of other sites is not sent').waitFor();
    const [sent] = await Promise.all([
      page.waitForRequest((request) => request.method() === 'PUT'),
      page.getByRole('button', { name: 'Save cookies' }).click(),
    ]);
    expect(sent.postData()).not.toContain('of-the-bank');
    await page.getByRole('button', { name: 'Try again' }).click();
    await eventually(async () => {
      const { download } = await server.client.getDownload(failed.id);
      return download.status === 'completed';
    });
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
    );
    expect(kept).not.toContain('member');
  });
});
