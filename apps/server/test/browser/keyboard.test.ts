import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../integration/server-process.ts';
import { DESKTOP_DARK, openBrowser, openPage, type WatchedPage } from './browser.ts';
import { startFakeServer, type FakeServerProcess } from './fake-server.ts';

let browser: Browser;
let server: FakeServerProcess;
let context: BrowserContext;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  [browser, server] = await Promise.all([
    openBrowser(),
    startFakeServer('--queued', '40', '--running', '2', '--failed', '3', '--tick', '0'),
  ]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
});
beforeEach(async () => {
  context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB' });
  watched = await openPage(context, server.url);
  ({ page } = watched);
});
afterEach(async () => {
  await context.close();
  expect(watched.complaints).toEqual([]);
});

interface Record {
  readonly id: string;
  readonly url: string;
  readonly status: string;
  readonly format_preset: string;
}
async function records(query: string): Promise<Record[]> {
  const answer = await fetch(`${server.url}/api/v1/downloads?${query}`);
  return ((await answer.json()) as { downloads: Record[] }).downloads;
}
async function statusOf(id: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/downloads/${id}`);
  return ((await answer.json()) as { download: Record }).download.status;
}
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** The list takes the focus by Tab alone. */
async function intoList(): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await page.evaluate(() => document.activeElement?.getAttribute('role') === 'row')) return;
    await press('Tab');
  }
  throw new Error('Tab never came to a row');
}
async function focusedId(tab: string): Promise<string> {
  const index = await page.evaluate(() =>
    Number(document.activeElement?.getAttribute('data-index')),
  );
  return (await records(`${tab}&limit=200`))[index]?.id ?? '';
}

describe('by keyboard alone', () => {
  it('links are added from the first press of Tab on', async () => {
    await press('n');
    await page.keyboard.type('https://keys.example/one');
    await press('Control+Enter');
    await eventually(async () =>
      (await records('limit=1')).some(({ url }) => url === 'https://keys.example/one'),
    );
    expect(await page.locator('#intake').inputValue()).toBe('');
  });

  it('a waiting download is held and goes on', async () => {
    await press('Escape', 'g', 'q');
    await page.getByRole('heading', { name: /^Queue/ }).waitFor();
    await page.goto(`${server.url}/queue?status=waiting`);
    await page.getByRole('row').nth(2).waitFor();
    // This tab stands there once the page knows that the server can hold downloads.
    await page.getByRole('link', { name: /^Held/ }).waitFor();
    await intoList();
    for (const [key, index] of [
      ['j', 1],
      ['k', 0],
      ['ArrowDown', 1],
    ] as const) {
      await press(key);
      await page.locator(`[data-index="${index}"]:focus`).waitFor();
    }
    const id = await focusedId('status=queued&sort=queue');
    await press('p');
    await eventually(async () => (await statusOf(id)) === 'paused');
    await press('u');
    await eventually(async () => (await statusOf(id)) === 'queued');
  });

  it('a failed one is looked at and retried with another preset', async () => {
    await page.goto(`${server.url}/queue?status=failed`);
    await page.getByRole('row').nth(1).waitFor();
    await intoList();
    const id = await focusedId('status=failed');
    await press('Enter');
    const drawer = page.getByRole('dialog');
    await drawer.waitFor();
    const choice = drawer.getByRole('combobox', { name: 'Retry with…' });
    for (let presses = 0; presses < 40; presses += 1) {
      if (await choice.evaluate((element) => element === document.activeElement)) break;
      await press('Tab');
    }
    await page.keyboard.type('Audio');
    await press('Enter');
    await eventually(async () => (await statusOf(id)) === 'queued');
    await press('Escape');
    await drawer.waitFor({ state: 'detached' });
  });

  it('what was removed comes back, and the focus stays in the list', async () => {
    await page.goto(`${server.url}/queue?status=done`);
    await page.getByRole('row').nth(3).waitFor();
    await intoList();
    const id = await focusedId('status=completed,cancelled');
    await press('Delete');
    await page.getByText('1 row removed').waitFor();
    await press('Control+z');
    await page.getByText('1 row removed').waitFor({ state: 'detached' });
    expect(await statusOf(id)).toBe('completed');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('row');
  });

  it('many rows are chosen and cancelled by one action', async () => {
    await page.goto(`${server.url}/queue?status=waiting`);
    await page.getByRole('row').nth(4).waitFor();
    await intoList();
    await press('x', 'Shift+ArrowDown', 'Shift+ArrowDown');
    await page.getByText('3 selected').waitFor();
    await press('Escape');
    await page.getByText('3 selected').waitFor({ state: 'detached' });
    await press('Control+a');
    await page.getByText(/\d+ selected/).waitFor();
  });

  it('every view, the palette and the sheet of keys are reached and left', async () => {
    for (const [key, view] of [
      ['l', 'library'],
      ['p', 'presets'],
      ['s', 'settings'],
      ['d', 'diagnostics'],
      ['q', 'queue'],
    ] as const) {
      await press('g', key);
      await page.waitForURL(`${server.url}/${view}`);
    }
    await press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press('Control+k');
    const palette = page.getByRole('dialog');
    await palette.waitFor();
    await page.keyboard.type('go to library');
    await press('Enter');
    await page.waitForURL(`${server.url}/library`);
    await palette.waitFor({ state: 'detached' });
  });

  it('single keys do nothing in a field, and nothing at all once they are switched off', async () => {
    await page.locator('#intake').focus();
    await page.keyboard.type('gq?');
    expect(page.url()).toBe(`${server.url}/`);
    expect(await page.locator('#intake').inputValue()).toBe('gq?');
    await page.goto(`${server.url}/settings`);
    const single = page.getByRole('checkbox', { name: /Shortcuts of a single key/ });
    await single.focus();
    await press('Space');
    await press('g', 'q', '?');
    expect(page.url()).toBe(`${server.url}/settings`);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});
