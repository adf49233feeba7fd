import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESKTOP_DARK, openBrowser, openPage, PHONE_LIGHT } from './browser.ts';
import { startFakeServer, type FakeServerProcess } from './fake-server.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const VIEWS = ['', 'queue', 'library', 'presets', 'settings', 'diagnostics'];
const SIZES = [
  ['1280x800, dark', DESKTOP_DARK],
  ['390x844, light', PHONE_LIGHT],
] as const;

let browser: Browser;
let empty: FakeServerProcess;
let busy: FakeServerProcess;
let broken: FakeServerProcess;

beforeAll(async () => {
  [browser, empty, busy, broken] = await Promise.all([
    openBrowser(),
    startFakeServer('--queued', '0', '--running', '0', '--completed', '0', '--failed', '0'),
    startFakeServer('--queued', '300', '--tick', '0'),
    startFakeServer('--broken', '--tick', '0'),
  ]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await Promise.all([empty, busy, broken].map((server) => server.stop()));
});

/** What axe finds, one line for each element. */
async function violations(page: Page): Promise<string[]> {
  // Its other way opens a tab of its own, which the policy of the page has no part in.
  const found = await new AxeBuilder({ page }).withTags(TAGS).setLegacyMode(true).analyze();
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

async function look(page: Page, url: string): Promise<string[]> {
  await page.goto(url);
  await page.locator('main h1').waitFor();
  // Later parts of the page and rows arrive a moment after the heading.
  await page.getByText('Loading…').first().waitFor({ state: 'detached' });
  return (await violations(page)).map((line) => `${url}: ${line}`);
}

describe.each(SIZES)('in %s, axe finds nothing', (_name, device) => {
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    context = await browser.newContext({ ...device, reducedMotion: 'reduce', locale: 'en-GB' });
    ({ page } = await openPage(context, busy.url));
  });
  afterAll(() => context.close());

  it('in any view of a busy server', async () => {
    for (const view of VIEWS) expect(await look(page, `${busy.url}/${view}`)).toEqual([]);
  });

  it('in any view of an empty server', async () => {
    for (const view of VIEWS) expect(await look(page, `${empty.url}/${view}`)).toEqual([]);
  });

  it('where the tools of the server are missing', async () => {
    for (const view of ['', 'diagnostics']) {
      expect(await look(page, `${broken.url}/${view}`)).toEqual([]);
    }
  });

  it('in any overlay', async () => {
    await page.goto(`${busy.url}/library`);
    const { downloads } = (await (
      await fetch(`${busy.url}/api/v1/downloads?status=completed,running,failed&limit=50`)
    ).json()) as { downloads: { id: string; status: string }[] };
    const idOf = (status: string) => downloads.find((one) => one.status === status)?.id ?? '';
    const overlays = [
      `?download=${idOf('running')}`,
      `?download=${idOf('failed')}`,
      `?download=${idOf('completed')}&tab=log`,
      `?download=${idOf('completed')}&tab=play`,
      '?intake',
      '?palette',
      '?keys',
      '?menu',
    ];
    for (const overlay of overlays) {
      await page.goto(`${busy.url}/${overlay}`);
      await page.getByRole('dialog').waitFor();
      expect(await violations(page), overlay).toEqual([]);
    }
    await page.locator('dialog').press('Escape');
    await page.goto(`${busy.url}/?intake`);
    await page.locator('#tray-text').fill('https://a.example/1 https://b.example/2 and words');
    await page.getByRole('dialog').getByRole('row').first().waitFor();
    expect(await violations(page), 'intake with links').toEqual([]);
  });

  it('in the menu of a row, among chosen rows and where bytes are at stake', async () => {
    await page.goto(`${busy.url}/queue?status=done`);
    const row = page.getByRole('row').nth(1);
    await row.locator('[aria-haspopup=menu]').click();
    await page.getByRole('menu').waitFor();
    expect(await violations(page), 'menu').toEqual([]);
    await page.getByRole('menuitem', { name: 'Delete files…' }).click();
    await page.locator('dialog[open]').waitFor();
    expect(await violations(page), 'question').toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await row.press('x');
    await page.getByText('1 selected').waitFor();
    expect(await violations(page), 'chosen').toEqual([]);
  });

  it('when the server is away', async () => {
    const leaving = await startFakeServer('--queued', '20', '--tick', '0');
    try {
      await page.goto(leaving.url);
      await page.locator('li.download').first().waitFor();
      const views = ['Library', 'Queue', 'Room'];
      const open = (view: string) =>
        page
          .locator(`a[href="/${view === 'Room' ? '' : view.toLowerCase()}"]:visible`)
          .first()
          .click();
      const heading = (view: string) =>
        page.getByRole('heading', { name: new RegExp(view, 'i'), level: 1 }).waitFor();
      for (const view of views) {
        await open(view);
        await heading(view);
      }
      await leaving.stop();
      await page.getByText('The server does not answer.').waitFor();
      for (const view of views) {
        await open(view);
        await heading(view);
        expect(await violations(page), view).toEqual([]);
      }
    } finally {
      await leaving.stop();
    }
  });
});
