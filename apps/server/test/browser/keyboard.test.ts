import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../integration/server-process.ts';
import { DESKTOP_DARK, openBrowser, openPage, type WatchedPage } from './browser.ts';
import { startFakeServer, type FakeServerProcess } from './fake-server.ts';

let browser: Browser;
let server: FakeServerProcess;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  [browser, server] = await Promise.all([
    openBrowser(),
    startFakeServer('--queued', '40', '--running', '2', '--failed', '3', '--tick', '0'),
  ]);
  const context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB' });
  watched = await openPage(context, server.url);
  ({ page } = watched);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
});
beforeEach(async () => {
  await page.goto(server.url);
  await page.locator('#intake').waitFor();
});
afterEach(() => expect(watched.complaints).toEqual([]));

interface Record {
  readonly id: string;
  readonly url: string;
  readonly title: string | null;
  readonly status: string;
  readonly priority: number;
  readonly engine?: string | null;
}
async function records(query: string): Promise<Record[]> {
  const answer = await fetch(`${server.url}/api/v1/downloads?${query}`);
  return ((await answer.json()) as { downloads: Record[] }).downloads;
}
async function recordOf(id: string): Promise<Record> {
  const answer = await fetch(`${server.url}/api/v1/downloads/${id}`);
  return ((await answer.json()) as { download: Record }).download;
}
const hasStatus = (id: string, status: string) =>
  eventually(async () => (await recordOf(id)).status === status);
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** By keys alone to a list of the queue, with the focus on its first row. */
async function intoQueue(status: string): Promise<Record[]> {
  await page.goto(`${server.url}/queue?status=${status}`);
  // This tab stands there once the page knows what the server can do.
  await page.getByRole('link', { name: /^Paused/ }).waitFor();
  await page.locator('[data-index="0"] .title').waitFor();
  await press('Tab');
  for (let presses = 0; presses < 30 && !(await isFocused(row(0))); presses += 1)
    await press('Tab');
  await page.locator('[data-index="0"]:focus').waitFor();
  const statuses = { waiting: 'queued', failed: 'failed', done: 'completed,cancelled' }[status];
  return records(`status=${statuses}&limit=200${status === 'waiting' ? '&sort=queue' : ''}`);
}
const row = (index: number) => page.locator(`[data-index="${index}"]`);
const isFocused = (locator: Locator) =>
  locator.evaluate((element) => element === document.activeElement);
const said = (text: string) => page.locator('.toast', { hasText: text });

describe('by keyboard alone', () => {
  it('links are added', async () => {
    await press('n');
    await page.keyboard.type('https://keys.example/one');
    await press('Control+Enter');
    await eventually(async () =>
      (await records('limit=1')).some(({ url }) => url === 'https://keys.example/one'),
    );
    await page.locator('#intake:placeholder-shown').waitFor();
  });

  it('a waiting download is paused and resumed, however fast the keys come', async () => {
    const waiting = await intoQueue('waiting');
    const { id } = waiting[1] ?? { id: '' };
    // It is queued before the pause as well, so the status alone does not say that both are over.
    const takenBack = page.waitForResponse((answer) => answer.url().endsWith(`/${id}/resume`));
    await press('j', 'j', 'k', 'ArrowDown', 'ArrowUp', 'p', 'u');
    await takenBack;
    await said('paused').waitFor({ state: 'detached' });
    await hasStatus(id, 'queued');
    await row(1).and(page.locator(':focus')).waitFor();
    await press('p');
    await hasStatus(id, 'paused');
    // It leaves the list; the keys go on with the row in its place.
    await row(1)
      .locator('.title', { hasText: waiting[2]?.title ?? '' })
      .waitFor();
    await eventually(() => isFocused(row(1)));
    await press('u');
    await hasStatus(id, 'queued');
  });

  it('a failed one is retried with another preset', async () => {
    const failed = await intoQueue('failed');
    await press('Shift+R');
    await page.getByRole('menu').waitFor();
    await press('ArrowDown', 'Enter');
    await hasStatus(failed[0]?.id ?? '', 'queued');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('the order of the queue is changed', async () => {
    const waiting = await intoQueue('waiting');
    const third = waiting[2];
    await press('j', 'j', 'Alt+Home');
    await eventually(async () => (await recordOf(third?.id ?? '')).priority === 10);
    await row(0)
      .locator('.title', { hasText: third?.title ?? '' })
      .waitFor();
    // The focus goes with the row.
    await eventually(() => isFocused(row(0)));
    await press('Alt+ArrowDown');
    await eventually(async () => (await recordOf(third?.id ?? '')).priority === 9);
  });

  it('a removed download comes back, and the focus stays in the list', async () => {
    const done = await intoQueue('done');
    await press('Delete');
    await said('1 download removed').waitFor();
    await press('Control+z');
    await said('1 download removed').waitFor({ state: 'detached' });
    expect((await recordOf(done[0]?.id ?? '')).status).toBe('completed');
    expect(await isFocused(row(0))).toBe(true);
  });

  it('a stored file is played, and the library is exported', async () => {
    await page.goto(`${server.url}/library?show=disk`);
    await page.locator('[data-index="1"] .title').waitFor();
    for (let presses = 0; presses < 30 && !(await isFocused(row(0))); presses += 1)
      await press('Tab');
    await press('ArrowDown', 'v');
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('tab', { name: 'Play and files', selected: true }).waitFor();
    await press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.type('export csv');
    const [saved] = await Promise.all([page.waitForEvent('download'), press('Enter')]);
    expect(await readFile(await saved.path(), 'utf8')).toMatch(/^id,title,url/);
  });

  it('many rows are selected and cancelled by one action', async () => {
    const waiting = await intoQueue('waiting');
    await press('x', 'Shift+ArrowDown', 'Shift+ArrowDown');
    await page.getByText('3 selected').first().waitFor();
    await press('Delete');
    await said('3 downloads cancelled').waitFor();
    await press('F6');
    await said('3 downloads cancelled').getByRole('button', { name: 'Undo' }).waitFor();
    await press('Tab', 'Enter');
    for (const { id } of waiting.slice(0, 3)) await hasStatus(id, 'cancelled');
  });

  it('another yt-dlp is used, then the one before, and one is removed', async () => {
    await press('g', 'e');
    const card = (version: string) => page.getByRole('region', { name: version, exact: true });
    const isUsed = (version: string) =>
      card(version).getByText('In use', { exact: true }).waitFor();
    await isUsed('2026.11.13');
    await page.getByText('You chose 2026.11.13.').waitFor();

    await card('2026.11.20').getByRole('button', { name: 'Use this version' }).press('Enter');
    await isUsed('2026.11.20');
    await card('2026.11.13')
      .getByRole('button', { name: 'Go back to this version' })
      .press('Enter');
    await isUsed('2026.11.13');

    const trash = card('2026.11.20').getByRole('button', { name: 'Remove 2026.11.20' });
    await trash.press('Enter');
    await page.getByRole('alertdialog').waitFor();
    await press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await trash.press('Enter');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).press('Enter');
    await card('2026.11.20').waitFor({ state: 'detached' });

    await page.getByRole('radio', { name: 'Stable' }).press('ArrowRight');
    await page.getByText('You chose 2026.11.13.').waitFor({ state: 'detached' });
    expect(await page.getByRole('radio', { name: 'Nightly' }).isChecked()).toBe(true);
  });

  it('a failed one is tried with another yt-dlp', async () => {
    const [failed] = await records('status=failed');
    const id = failed?.id ?? '';
    await page.goto(`${server.url}/queue?status=failed&download=${id}`);
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('button', { name: 'Retry with another yt-dlp' }).press('Enter');
    await drawer.getByRole('button', { name: /^2026\.10\.26/ }).press('Enter');
    await hasStatus(id, 'queued');
    expect((await recordOf(id)).engine).toBe('2026.10.26');
  });

  it('every view, the palette and the sheet of keys are reached and left', async () => {
    for (const [key, view] of [
      ['l', 'library'],
      ['p', 'presets'],
      ['e', 'engine'],
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
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.type('go to library');
    await press('Enter');
    await page.waitForURL(`${server.url}/library`);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('single keys do nothing in a field, and nothing at all once they are switched off', async () => {
    await press('n');
    await page.keyboard.type('gq?');
    expect(page.url()).toBe(`${server.url}/`);
    expect(await page.locator('#intake').inputValue()).toBe('gq?');
    await page.goto(`${server.url}/settings`);
    await page.getByRole('checkbox', { name: /single-key shortcuts/ }).focus();
    await press('Space', 'g', 'q', '?');
    expect(page.url()).toBe(`${server.url}/settings`);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});
