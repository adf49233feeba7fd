import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createServerHome,
  eventually,
  freePort,
  type ServerHome,
  type ServerProcess,
} from '../integration/server-process.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import { hostileTitles } from '../origin/page-routes.ts';
import { DESKTOP_DARK, openBrowser, openPage, paste, type WatchedPage } from './browser.ts';

let origin: Origin;
let home: ServerHome;
let server: ServerProcess;
let port: string;
let browser: Browser;
let context: BrowserContext;
let watched: WatchedPage;
let page: Page;

const start = () =>
  home.start({
    PORT: port,
    EGRESS_ALLOW: origin.hostPort,
    MAX_ATTEMPTS: '1',
    MAX_PER_HOST: '4',
  });

beforeAll(async () => {
  port = String(await freePort());
  origin = await startOrigin();
  home = await createServerHome();
  [server, browser] = await Promise.all([start(), openBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await home.remove();
  await origin.close();
});

beforeEach(async () => {
  context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB' });
  watched = await openPage(context, server.baseUrl);
  ({ page } = watched);
});

afterEach(async () => {
  await context.close();
  const { downloads } = await server.client.listDownloads({
    status: ['queued', 'running', 'paused'],
  });
  for (const { id } of downloads) await server.client.cancelDownload(id);
  expect(watched.complaints).toEqual([]);
});

async function add(path: string): Promise<void> {
  await paste(page, origin.url + path);
  await page.getByRole('button', { name: 'Download', exact: true }).click();
}

/** The row of the control room, by the title of the download. */
function row(title: string): Locator {
  return page.locator('li.download').filter({ has: page.getByRole('button', { name: title }) });
}

async function newest() {
  const { downloads } = await server.client.listDownloads({ limit: 1 });
  return downloads[0];
}

describe('the open page', () => {
  it('takes a pasted link to a stored file that can be saved', async () => {
    await add(`/page/video.html?title=${encodeURIComponent('A harbour at dawn')}`);
    const landed = row('A harbour at dawn');
    await landed.getByText('Finished', { exact: true }).waitFor();
    expect(await home.storedFiles()).toHaveLength(1);

    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      landed.getByRole('button', { name: 'Save file' }).click(),
    ]);
    expect(await saved.failure()).toBeNull();
    const answer = await fetch(saved.url());
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBe((await newest())?.file_size);
  });

  it('says why a download failed and what to do, and retries it', async () => {
    // Only the first requests are refused, so that the retry ends well.
    await add('/fault/status/404/clip.mp4?fail=1&key=retried');
    const failed = await eventually(async () => {
      const record = await newest();
      return record?.status === 'failed' ? record.error : null;
    });
    const panel = page.getByRole('region', { name: 'Problems' });
    await panel.getByText(failed.message).waitFor();
    await panel.getByText(failed.hint).waitFor();
    await panel.getByRole('button', { name: 'Retry', exact: true }).click();
    await eventually(async () => (await newest())?.status === 'completed');
    await page
      .getByRole('region', { name: 'Finished' })
      .locator('li', { hasText: 'clip' })
      .first()
      .waitFor();
    await panel.getByText(failed.message).waitFor({ state: 'detached' });
    expect(page.url()).toBe(`${server.baseUrl}/`);
  });

  it('pauses and resumes a download, and cancels it unless that is undone', async () => {
    await add('/padded.mp4?size=60000000&kib_per_s=500');
    const slow = row('padded');
    await slow.getByRole('button', { name: /^Pause/ }).click();
    await eventually(async () => (await newest())?.status === 'paused');
    await page.goto(`${server.baseUrl}/queue?status=paused`);
    await page.getByRole('row', { name: /padded/ }).click();
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('button', { name: 'Resume' }).click();
    await eventually(async () => (await newest())?.status === 'running');

    await drawer.getByRole('button', { name: 'Cancel' }).click();
    const toasts = page.getByRole('region', { name: 'Messages' });
    await toasts
      .locator('.toast', { hasText: 'cancelled' })
      .getByRole('button', { name: 'Undo' })
      .click();
    expect((await newest())?.status).toBe('running');

    await page.goto(server.baseUrl);
    await slow.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Being cancelled').waitFor();
    // A dismissed message waits no longer.
    await toasts.getByRole('button', { name: 'Dismiss' }).click();
    await eventually(async () => (await newest())?.status === 'cancelled');
    await page.getByText('Being cancelled').waitFor({ state: 'detached' });
  });

  it('shows hostile titles as text', async () => {
    const wanted = hostileTitles.flatMap((title, n) =>
      /[<>'"]/.test(title) ? [`${origin.url}/page/hostile-title.html?n=${n}`] : [],
    );
    const { downloads } = await server.client.createDownloads({ urls: wanted });
    expect(downloads.length).toBeGreaterThan(2);
    await page.goto(`${server.baseUrl}/queue?sort=-created`);
    for (const { id } of downloads) {
      const { title } = await server.client.waitFor(id, { intervalMs: 50 });
      await page
        .getByRole('row')
        .getByText(title ?? '', { exact: true })
        .waitFor();
      await page.goto(`${server.baseUrl}/?download=${id}`);
      await page
        .getByRole('dialog')
        .getByRole('heading', { name: title ?? '' })
        .waitFor();
      await page.goto(`${server.baseUrl}/library`);
      await page
        .getByRole('gridcell')
        .filter({ hasText: title ?? '' })
        .first()
        .waitFor();
      await page.goto(`${server.baseUrl}/queue?sort=-created`);
    }
    expect(
      await page
        .locator(':is(main, dialog) :is(img, script, iframe)')
        .evaluateAll((found) => found.map((element) => element.outerHTML)),
    ).toEqual([]);
  });

  it('shows the same as a second tab', async () => {
    const other = await openPage(context, server.baseUrl);
    await add('/padded.mp4?size=50000000&kib_per_s=500');
    const there = other.page.locator('li.download', { hasText: 'padded' });
    await there.getByRole('button', { name: /^Pause/ }).click();
    await row('padded').getByRole('progressbar').waitFor({ state: 'detached' });

    await page.goto(`${server.baseUrl}/presets`);
    await page.getByRole('button', { name: 'New preset' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Made in one tab');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await other.page.goto(`${server.baseUrl}/presets`);
    await other.page.getByRole('link', { name: /Made in one tab/ }).waitFor();
    expect(other.complaints).toEqual([]);
  });

  it('says that the server is gone and continues by itself when it is back', async () => {
    await add('/padded.mp4?size=30000000&kib_per_s=500&n=killed');
    await row('padded').getByRole('progressbar').waitFor();
    await server.stop('SIGKILL');
    await page.getByText('The server does not answer.').waitFor();
    // What is added meanwhile is kept and sent later.
    await add('/media/clip-360.mp4?while=away');
    await page.getByText('Waiting to be sent').waitFor();
    server = await start();
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
    await page.getByText('Waiting to be sent').waitFor({ state: 'detached' });
    await page
      .getByRole('region', { name: 'Finished' })
      .getByRole('button', { name: 'clip-360', exact: true })
      .waitFor();
  });
});
