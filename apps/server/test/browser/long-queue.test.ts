import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESKTOP_DARK, openBrowser, openPage, PHONE_LIGHT } from './browser.ts';
import { startFakeServer, type FakeServerProcess } from './fake-server.ts';

const QUEUED = 10_000;
const MAX_NODES = 1500;

let browser: Browser;
let server: FakeServerProcess;

beforeAll(async () => {
  [browser, server] = await Promise.all([
    openBrowser(),
    startFakeServer('--queued', String(QUEUED), '--tick', '0'),
  ]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
});

const nodes = (page: Page) => page.evaluate(() => document.querySelectorAll('*').length);

describe.each([
  ['a desktop', DESKTOP_DARK],
  ['a phone', PHONE_LIGHT],
])('ten thousand waiting downloads on %s', (_name, device) => {
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    context = await browser.newContext({ ...device, locale: 'en-GB' });
    ({ page, complaints } = await openPage(context, server.url));
    await page.goto(`${server.url}/queue?status=waiting`);
    await page.getByRole('row').nth(5).waitFor();
  });
  afterAll(() => context.close());

  it('are all in the list, with few elements', async () => {
    const header = await page.getByRole('columnheader').count();
    const rows = Number(await page.getByRole('grid').getAttribute('aria-rowcount'));
    expect(rows - (header > 0 ? 1 : 0)).toBe(QUEUED);
    expect(await nodes(page)).toBeLessThanOrEqual(MAX_NODES);
  });

  it('end with the very last one, which has the focus after End', async () => {
    await page.locator(`[data-index="0"]`).focus();
    await page.keyboard.press('End');
    const last = page.locator(`[data-index="${QUEUED - 1}"]`);
    const answer = await fetch(
      `${server.url}/api/v1/downloads?status=queued&sort=queue&offset=${QUEUED - 1}&limit=1`,
    );
    const { downloads } = (await answer.json()) as {
      downloads: { title: string | null; url: string }[];
    };
    const { title, url } = downloads[0] ?? { title: null, url: '' };
    await last
      .getByText(title ?? url.replace('https://www.', ''))
      .first()
      .waitFor();
    expect(await last.evaluate((row) => row === document.activeElement)).toBe(true);
    expect(await nodes(page)).toBeLessThanOrEqual(MAX_NODES);
    await page.keyboard.press('Home');
    await page.locator('[data-index="0"]').waitFor();
  });

  it('are searched, and every row that is shown matches', async () => {
    await page.getByRole('searchbox').fill('Press briefing');
    const answer = await fetch(`${server.url}/api/v1/downloads?status=queued&q=press+briefing`);
    const { total } = (await answer.json()) as { total: number };
    expect(total).toBeGreaterThan(100);
    await page
      .getByRole('heading', { name: new RegExp(`All downloads ${total.toLocaleString('en-GB')}`) })
      .waitFor();
    await page
      .getByRole('row', { name: /Press briefing/ })
      .nth(5)
      .waitFor();
    const texts = await page.locator('[data-index]').allInnerTexts();
    expect(texts.filter((text) => !text.includes('Press briefing'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('leave the other lists and an overlay with few elements as well', async () => {
    const places = [
      ['', 'li.download'],
      ['library', '[data-index]'],
      ['queue?palette', 'dialog[open]'],
    ] as const;
    for (const [place, sign] of places) {
      await page.goto(`${server.url}/${place}`);
      await page.locator(sign).first().waitFor();
      expect(await nodes(page), place).toBeLessThanOrEqual(MAX_NODES);
    }
  });
});
