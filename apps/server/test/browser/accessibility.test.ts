import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DESKTOP_DARK, openBrowser, openPage, PHONE_LIGHT } from './browser.ts';
import { startFakeServer, type FakeServerProcess } from './fake-server.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const VIEWS = ['room', 'queue', 'library', 'presets', 'engine', 'settings', 'diagnostics'] as const;
/**
 * A theme changes nothing but colours, and that every colour of words goes with every ground in all three themes is
 * tested where they are defined, `tokens.test.ts`. Looking at the contrast takes two thirds of the time of all rules.
 */
const LOOKS = [
  { size: DESKTOP_DARK.viewport, theme: 'dark', isContrastSeen: true },
  { size: PHONE_LIGHT.viewport, theme: 'light', isContrastSeen: false },
] as const;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
afterEach(() => context.close());

async function open(server: FakeServerProcess): Promise<void> {
  context = await browser.newContext({ ...DESKTOP_DARK, reducedMotion: 'reduce', locale: 'en-GB' });
  // Before the page, because its policy lets no script in later.
  await context.addInitScript(axe);
  ({ page } = await openPage(context, server.url));
}

/** What axe finds, one line for each element. */
function run({ isContrastSeen = true } = {}): Promise<string[]> {
  const options = {
    runOnly: { type: 'tag', values: TAGS },
    rules: { 'color-contrast': { enabled: isContrastSeen } },
    resultTypes: ['violations'],
  };
  return page.evaluate(async (wanted) => {
    const { axe: found } = globalThis as unknown as {
      axe: { run(where: Document, options: object): Promise<AxeResults> };
    };
    const { violations } = await found.run(document, wanted);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
  }, options);
}

/** All rules, in both sizes. */
async function look(name: string): Promise<void> {
  for (const { size, theme, isContrastSeen } of LOOKS) {
    await page.setViewportSize(size);
    await page.evaluate((wanted) => (document.documentElement.dataset['theme'] = wanted), theme);
    // The page lays itself out anew for the other size with the next frame.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    // What is still on its way into the page is looked at again.
    await expect
      .poll(() => run({ isContrastSeen }), {
        message: `${name}, ${size.width} px, ${theme}`,
        timeout: 10_000,
      })
      .toEqual([]);
  }
  await page.setViewportSize(DESKTOP_DARK.viewport);
}

/** As a press on the link does it: the page is loaded only once. */
async function show(view: string, query = ''): Promise<void> {
  await page.evaluate(
    (to) => {
      const link = document.createElement('a');
      link.href = to;
      document.body.append(link);
      link.click();
      link.remove();
    },
    `${view === 'room' ? './' : `./${view}`}${query}`,
  );
  await page.waitForURL((url) => url.search === query);
  await page.locator('main h1').waitFor();
  // Later parts of the page and rows arrive a moment after the heading.
  await page.getByText('Loading…').first().waitFor({ state: 'detached' });
}

async function withServer(
  args: readonly string[],
  use: (server: FakeServerProcess) => Promise<void>,
) {
  const server = await startFakeServer(...args, '--tick', '0');
  try {
    await open(server);
    await use(server);
  } finally {
    await server.stop();
  }
}

describe('axe finds no fault at any size,', () => {
  it(
    'in any view of a busy server, and when the server is away',
    { timeout: 120_000 },
    async () => {
      await withServer(['--queued', '300'], async (server) => {
        for (const view of VIEWS) {
          await show(view);
          await look(view);
        }
        await server.stop();
        await page.getByRole('link', { name: /^Connection: Offline/ }).waitFor();
        for (const view of ['room', 'queue', 'library', 'diagnostics']) {
          await show(view);
          await look(`${view} without its server`);
        }
      });
    },
  );

  it('in any view of an empty server', { timeout: 90_000 }, async () => {
    const nothing = ['--queued', '0', '--running', '0', '--completed', '0', '--failed', '0'];
    await withServer(nothing, async () => {
      for (const view of VIEWS) {
        await show(view);
        await look(`empty ${view}`);
      }
    });
  });

  it("when the server's tools are missing", { timeout: 60_000 }, async () => {
    await withServer(['--broken'], async () => {
      for (const view of ['room', 'diagnostics']) {
        await show(view);
        await look(`${view} without tools`);
      }
    });
  });

  it('in any overlay', { timeout: 120_000 }, async () => {
    await withServer(['--queued', '30'], async (server) => {
      const { downloads } = (await (
        await fetch(`${server.url}/api/v1/downloads?status=completed,running,failed&limit=50`)
      ).json()) as { downloads: { id: string; status: string }[] };
      const idOf = (status: string) => downloads.find((one) => one.status === status)?.id ?? '';
      const overlays = [
        `?download=${idOf('running')}`,
        `?download=${idOf('failed')}`,
        `?download=${idOf('completed')}&tab=log`,
        `?download=${idOf('completed')}&tab=play`,
        '?palette=',
        '?keys=',
        '?menu=',
        '?intake=',
      ];
      for (const overlay of overlays) {
        await show('queue', overlay);
        await page.getByRole('dialog').waitFor();
        await look(overlay);
      }
      await page.locator('#tray-text').fill('https://a.example/1 https://b.example/2 and words');
      await page.getByRole('dialog').getByRole('row').first().waitFor();
      await look('intake with links');
    });
  });

  it('in the menu of a row, with selected rows, and before files are deleted', async () => {
    await withServer(['--queued', '10'], async () => {
      await show('queue', '?status=done');
      const row = page.getByRole('row').nth(1);
      await row.locator('[aria-haspopup=menu]').click();
      await page.getByRole('menu').waitFor();
      expect(await run(), 'menu').toEqual([]);
      await page.getByRole('menuitem', { name: 'Delete files…' }).click();
      await page.locator('dialog[open]').waitFor();
      await look('question');
      await page.keyboard.press('Escape');
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
      await row.press('x');
      await page.getByText('1 selected').first().waitFor();
      await look('chosen');
    });
  });
});
