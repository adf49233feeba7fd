import { QUEUED, ROUNDS, SPEEDS, type WebMeasure, type WebRow } from '../web/measure.ts';
import { visit, type Page, type Tab } from '../web/tab.ts';
import { openQueue } from './web-queue.ts';

/** The browser does not report shorter ones. */
const UNTOLD_MS = 16;

/** From a press to the next picture, as the browser itself times it, with ten thousand rows in the queue. */
export const webPress: WebRow = {
  name: 'press',
  async run(bench) {
    const room = await bench.startRoom({ queued: QUEUED, running: 6, workers: 6, completed: 200 });
    const measures: WebMeasure[] = [];
    for (const cpu of SPEEDS) {
      const values: Record<string, number[]> = {};
      for (let round = 0; round <= ROUNDS; round += 1) {
        const tab = await bench.openTab({ cpu });
        await visit(tab, room.url);
        await openQueue(tab.page);
        await tab.page.waitForTimeout(500);
        for (const [name, press] of Object.entries(PRESSES)) {
          const ms = await timed(tab, press);
          if (round > 0) (values[name] ??= []).push(ms);
        }
        await tab.close();
      }
      for (const [name, all] of Object.entries(values)) {
        measures.push({
          budget: 'B17',
          title: `${name}, ${cpu}x`,
          unit: 'ms',
          values: all,
          limit: cpu === 1 ? 100 : 200,
        });
      }
    }
    await room.close();
    return measures;
  },
};

type Press = (page: Page) => Promise<unknown>;

/** Each action leaves the page in the state that the next one needs. */
const PRESSES: Readonly<Record<string, Press>> = {
  'Press a row key: the next row': async (page) => {
    await page.locator('[data-index="0"]').focus();
    await page.keyboard.press('ArrowDown');
  },
  'End: the last of the rows': async (page) => {
    await page.keyboard.press('End');
    await page.locator(`[data-index="${QUEUED + 200}"] .title`).waitFor();
    await page.keyboard.press('Home');
    await page.locator('[data-index="0"] .title').waitFor();
  },
  'Select all': async (page) => {
    await page.keyboard.press('Control+A');
    await page.locator('.row-of-grid.selected').first().waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.row-of-grid.selected').waitFor({ state: 'detached' });
  },
  'Remove a row, and undo': async (page) => {
    await page.locator('[data-index="3"]').focus();
    await page.keyboard.press('Delete');
    await page.locator('.leaving').first().waitFor();
    await page.keyboard.press('u');
    await page.locator('.leaving').waitFor({ state: 'detached' });
  },
  'Open and close the drawer': async (page) => {
    await page.locator('[data-index="2"]').focus();
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    await page.waitForTimeout(500);
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
  },
  'Type into the filter': async (page) => {
    await page.getByRole('searchbox').focus();
    await page.keyboard.type('hearing', { delay: 60 });
    await page.waitForFunction(() => {
      const titles = [...document.querySelectorAll('[data-index] .title')];
      return titles.length > 5 && titles.every((title) => /hearing/i.test(title.textContent ?? ''));
    });
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.locator('[data-index="0"] .title').waitFor();
  },
};

/** The slowest interaction during the work. */
async function timed(tab: Tab, press: Press): Promise<number> {
  await tab.page.waitForTimeout(300);
  await tab.forget();
  await press(tab.page);
  await tab.page.waitForTimeout(400);
  return tab.page.evaluate((least) => Math.max(least, ...window.bench.presses.values()), UNTOLD_MS);
}
