import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const builtPage = resolve(import.meta.dirname, '../../../web/dist/index.html');
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** What the browser writes about a server that ended, and about changes that a new one cannot tell (410). */
const AWAY = /net::ERR_(CONNECTION|INCOMPLETE|EMPTY)|status of 410/;

/** Sizes and themes that every view has to be good in. */
export const DESKTOP_DARK = {
  viewport: { width: 1280, height: 800 },
  colorScheme: 'dark',
} as const;
export const PHONE_LIGHT = { viewport: { width: 390, height: 844 }, colorScheme: 'light' } as const;

/** The browser of the system with a new, empty profile. The caller closes it. Rejects when the page is not built. */
export async function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  if (!existsSync(builtPage)) {
    throw new Error('The page is not built, and these tests look at the built one: pnpm build');
  }
  return chromium.launch({ executablePath: chromiumOnPath(), args: [...FLAGS, ...flags] });
}

/** `CHROMIUM` names one that is not on PATH. */
function chromiumOnPath(): string {
  const { CHROMIUM: named, PATH: path = '' } = process.env;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM names ${named}, which is not there`);
  }
  const folders = path.split(delimiter);
  const places = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    folders.map((folder) => join(folder, name)),
  );
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error('No Chromium on PATH: sudo apt-get install chromium');
  return found;
}

/** A tab, and all that no page of ours may ever do, in the words of the browser. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts and of the console, violations of the policy, dialogs, requests to other origins. */
  readonly complaints: string[];
}

/** Opens a tab that is watched from its first request on. A server that is away is no complaint. */
export async function openPage(context: BrowserContext, origin: string): Promise<WatchedPage> {
  const complaints: string[] = [];
  const page = await context.newPage();
  // Well below the limit of a test, so that a wait in vain says what it waited for.
  page.setDefaultTimeout(30_000);
  // A policy that blocks something silently still fires this event.
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() !== 'error' || AWAY.test(text)) return;
    // A look at a link that leads nowhere: the page says so, and the browser notes the status by itself.
    const { url } = message.location();
    const isFailedLook = text.includes('status of 422') && url.endsWith('/probes');
    // A form is explained as it is filled in: in between, one choice may not go with another.
    const isHalfFilled = text.includes('status of 400') && url.endsWith('/explanations');
    if (!isFailedLook && !isHalfFilled) complaints.push(`${text} ${url}`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== origin) {
      complaints.push(`request: ${request.url()}`);
    }
  });
  await page.goto(origin);
  await page.locator('#intake').waitFor();
  return { page, complaints };
}

/** Pastes as a person does, wherever the focus is. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((value) => navigator.clipboard.writeText(value), text);
  await page.keyboard.press('Control+V');
}
