import { QUEUED, type WebBench, type WebRow } from '../web/measure.ts';
import { openTab, SETTLE_MS, type Page } from '../web/tab.ts';

const HOUR_S = 3600;
const LOOK_EVERY_S = 300;
/** Progress of six downloads, four times a second. */
const TICKS_PER_S = 4;
const ROW_HEIGHT = 44;

/**
 * An hour of the page in fast-forward: its clock and its timers are scripted and moved by a second 3,600 times, while
 * six downloads run, end and are followed by others. Requests and the event stream are real.
 */
export const webSoak: WebRow = {
  name: 'soak',
  async run(bench) {
    const looks = await soak(bench);
    const settled = looks.filter(({ atS }) => atS >= 2 * LOOK_EVERY_S);
    return [
      {
        budget: 'B20',
        title: 'Heap after an hour with 10000 rows',
        unit: 'MB',
        values: [looks.at(-1)?.heapMb ?? NaN],
        limit: 40,
      },
      {
        budget: 'B20',
        title: 'Growth of the heap, from the tenth minute on',
        unit: 'MB/h',
        values: [slopePerHour(settled)],
        limit: 1,
        note: `heap in MB each ${LOOK_EVERY_S / 60} minutes: ${looks.map(({ heapMb }) => heapMb.toFixed(1)).join(', ')}`,
      },
    ];
  },
};

interface Look {
  readonly atS: number;
  readonly heapMb: number;
}

async function soak(bench: WebBench): Promise<readonly Look[]> {
  const server = await bench.startRoom({ queued: QUEUED, running: 6, workers: 6, completed: 20 });
  const tab = await openTab(bench.browser);
  const { page } = tab;
  await page.clock.install();
  await page.goto(`${server.url}/queue`);
  await page.clock.runFor(3000);
  await page.locator('[data-index] .title').nth(5).waitFor();
  await fillCaches(page);
  const looks: Look[] = [];
  for (let second = 1; second <= HOUR_S; second += 1) {
    for (let tick = 0; tick < TICKS_PER_S; tick += 1) server.room.tick(1000 / TICKS_PER_S);
    // Scrolls through the list now and then, as a person would.
    if (second % 60 === 0) {
      await page.evaluate(
        (top) => {
          document.querySelector('[role="grid"]')?.scrollTo(0, top);
        },
        (second * 911) % 400_000,
      );
    }
    await page.clock.runFor(1000);
    if (second % LOOK_EVERY_S !== 0) continue;
    await page.waitForTimeout(SETTLE_MS);
    looks.push({ atS: second, heapMb: await tab.heapMb() });
  }
  await tab.close();
  await server.close();
  return looks;
}

/** The page keeps the records of what it has shown, up to a limit; what then still grows is a leak. */
async function fillCaches(page: Page): Promise<void> {
  for (let row = 0; row < QUEUED; row += 100) {
    await page.evaluate((top) => {
      document.querySelector('[role="grid"]')?.scrollTo(0, top);
    }, row * ROW_HEIGHT);
    await page.clock.runFor(500);
    await page.waitForTimeout(20);
  }
}

/** The slope of the straight line through all measurements. */
function slopePerHour(looks: readonly Look[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const atS = mean(looks.map((look) => look.atS));
  const heapMb = mean(looks.map((look) => look.heapMb));
  const sum = (of: (look: Look) => number) => looks.reduce((total, look) => total + of(look), 0);
  const slope =
    sum((look) => (look.atS - atS) * (look.heapMb - heapMb)) / sum((look) => (look.atS - atS) ** 2);
  return slope * HOUR_S;
}
