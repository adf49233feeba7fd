import { networkInterfaces } from 'node:os';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createServerHome,
  freePort,
  type ServerHome,
  type ServerProcess,
} from '../integration/server-process.ts';
import { DESKTOP_DARK, openBrowser, openPage, PHONE_LIGHT, type WatchedPage } from './browser.ts';

let home: ServerHome;
let server: ServerProcess;
let browser: Browser;
let port: string;

beforeAll(async () => {
  port = String(await freePort());
  home = await createServerHome();
  [server, browser] = await Promise.all([
    home.start({ PORT: port, HOST: '0.0.0.0', ALLOW_OPEN_NETWORK: 'true' }),
    openBrowser(),
  ]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await home.remove();
});

/** What the others of a local network call this machine: no secure context for a browser. */
function lanAddress(): string {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found) throw new Error('this machine has no address but the loopback one');
  return found.address;
}

describe('on plain http of a local network', () => {
  let context: BrowserContext;
  let watched: WatchedPage;
  let page: Page;
  let address: string;

  beforeAll(async () => {
    address = `http://${lanAddress()}:${port}`;
    context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB' });
    watched = await openPage(context, address);
    ({ page } = watched);
  });
  afterAll(async () => {
    await context.close();
    expect(watched.complaints).toEqual([]);
  });

  it('links are added and copied although the browser offers less', async () => {
    const missing = await page.evaluate(() => [
      isSecureContext,
      'serviceWorker' in navigator,
      'clipboard' in navigator,
      'locks' in navigator,
      'randomUUID' in crypto,
      'storage' in navigator,
    ]);
    expect(missing).toEqual([false, false, false, false, false, false]);
    expect(await page.getByRole('button', { name: 'Paste', exact: true }).count()).toBe(0);

    // The clipboard of the system is out of reach here; this is what the key makes of it.
    await page.evaluate(() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', 'http://127.0.0.1:9/of-the-lan.mp4');
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    });
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await page.getByText('a private or reserved address').first().waitFor();

    await page.goto(`${address}/diagnostics`);
    await page.getByText('Plain http: this browser can neither').waitFor();
    await page.getByRole('button', { name: 'Copy report' }).click();
    await page.getByText('Copied:').waitFor();
  });

  it('settings say what is missing, and presets are kept', async () => {
    await page.goto(`${address}/settings`);
    await page.getByRole('checkbox', { name: /Notify me/ }).click();
    await page.getByText('Browsers show notifications only over https').waitFor();
    await page.goto(`${address}/presets`);
    await page.getByRole('button', { name: 'New preset' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Of the LAN');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.reload();
    await page.getByRole('link', { name: /Of the LAN/ }).waitFor();
  });

  it('a part of the page that cannot be loaded is reported with ways out, and loads later', async () => {
    await page.route('**/assets/SettingsView*.js', (route) => route.fulfill({ status: 404 }));
    await page.goto(`${address}/settings`);
    await page.getByRole('heading', { level: 1, name: /could not be loaded/ }).waitFor();
    await page.getByRole('link', { name: 'All downloads' }).first().click();
    await page.getByRole('heading', { level: 1, name: /All downloads/ }).waitFor();
    await page.unroute('**/assets/SettingsView*.js');
    await page.getByRole('link', { name: 'Settings' }).first().click();
    await page
      .getByRole('button', { name: 'Reload the page' })
      .or(page.getByRole('heading', { level: 1, name: 'Settings' }))
      .first()
      .waitFor();
    const again = page.getByRole('button', { name: 'Reload the page' });
    if (await again.isVisible()) await again.click();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    // The browser complains of the part that was kept from it.
    watched.complaints.splice(0);
  });
});

describe('where the context is secure', () => {
  it('text typed before the script has loaded stays, with the focus', async () => {
    const context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB' });
    const page = await context.newPage();
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route(/assets\/index-[^/]*\.js$/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(server.baseUrl, { waitUntil: 'commit' });
    await page.locator('#early').fill('https://early.example/1');
    expect(await page.locator('#intake').count()).toBe(0);
    letGo();
    await page.locator('#intake:focus').waitFor();
    expect(await page.locator('#intake').inputValue()).toBe('https://early.example/1');
    expect(await page.locator('#early').count()).toBe(0);
    await context.close();
  });

  it('a link in the address of the page only fills the field', async () => {
    const context = await browser.newContext({ ...PHONE_LIGHT, locale: 'en-GB' });
    const { page, complaints } = await openPage(context, server.baseUrl);
    const manifest = (await (await fetch(`${server.baseUrl}/manifest.webmanifest`)).json()) as {
      share_target: { params: Record<string, string> };
    };
    const { params } = manifest.share_target;
    const shared = new URLSearchParams({
      [params['title'] ?? '']: 'A title with https://a.example/1 in it',
      [params['text'] ?? '']: 'Look: https://b.example/2!',
      [params['url'] ?? '']: 'https://c.example/3',
    });
    await page.goto(`${server.baseUrl}/?${shared.toString()}`);
    const tray = page.getByRole('dialog', { name: 'Add links' });
    await tray.getByRole('button', { name: 'Download 3 links' }).waitFor();
    expect(new URL(page.url()).search).toBe('?intake=');
    const { downloads } = await server.client.listDownloads();
    expect(downloads.filter(({ url }) => url.includes('.example'))).toEqual([]);

    await page.goto(`${server.baseUrl}/settings`);
    const bookmarklet = await page
      .getByRole('link', { name: 'Send to Artemis' })
      .getAttribute('href');
    expect(bookmarklet).toContain('?add=');
    expect(bookmarklet).not.toContain('fetch');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('a full browser storage is reported and stops no download', async () => {
    const context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB' });
    const { page, complaints } = await openPage(context, server.baseUrl);
    const devtools = await context.newCDPSession(page);
    const origin = server.baseUrl;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    const add = async (url: string) => {
      await page.locator('#intake').fill(url);
      await page.getByRole('button', { name: 'Download', exact: true }).click();
      await page.locator('#intake:placeholder-shown').waitFor();
    };
    await add('https://full.invalid/1');
    await page.getByText('The storage of this browser is full.').waitFor();
    expect((await server.client.listDownloads({ q: 'full.invalid/1' })).total).toBe(1);
    await devtools.send('Storage.overrideQuotaForOrigin', { origin });
    await add('https://full.invalid/2');
    await page.getByText('The storage of this browser is full.').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('the page opens without its server, with the last known state and every view', async () => {
    const context = await browser.newContext({ ...DESKTOP_DARK, locale: 'en-GB' });
    const { page, complaints } = await openPage(context, server.baseUrl);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await page.getByRole('link', { name: /0 of 4 downloads are running/ }).waitFor();
    await server.stop();
    await page.goto(`${server.baseUrl}/queue`);
    await page.getByRole('heading', { level: 1, name: /All downloads/ }).waitFor();
    await page.goto(server.baseUrl);
    await page.getByRole('link', { name: /^Connection: .* old\. / }).waitFor();
    await page.getByRole('link', { name: /0 of 4 downloads are running/ }).waitFor();
    for (const name of ['Library', 'Presets', 'Settings', 'Health']) {
      await page.getByRole('link', { name }).first().click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});
