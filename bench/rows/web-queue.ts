import { quantile } from '../lib/stats.ts';
import {
  QUEUED,
  ROUNDS,
  SPEEDS,
  type WebBench,
  type WebMeasure,
  type WebRow,
} from '../web/measure.ts';
import { SETTLE_MS, visit, type Page } from '../web/tab.ts';
import { longestTaskMs } from '../web/tasks.ts';

const SCROLL_MS = 10_000;
const SCROLL_ROUNDS = 3;

/** Opens the queue with ten thousand rows by its link, then scrolls it by script and by wheel. */
export const webQueue: WebRow = {
  name: 'queue',
  async run(bench) {
    const room = await bench.startRoom({ queued: QUEUED, running: 6, workers: 6 });
    const measures: WebMeasure[] = [];
    for (const cpu of SPEEDS) measures.push(...(await atSpeed(bench, room.url, cpu)));
    await room.close();
    return measures;
  },
};

async function atSpeed(bench: WebBench, url: string, cpu: 1 | 4): Promise<readonly WebMeasure[]> {
  const isFast = cpu === 1;
  const opens: number[] = [];
  const longest: number[] = [];
  const frames: number[] = [];
  const wheel: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const tab = await bench.openTab({ cpu });
    await visit(tab, url);
    const ms = await openQueue(tab.page);
    if (round > 0) opens.push(ms);
    if (round > 0 && round <= SCROLL_ROUNDS) {
      await tab.page.waitForTimeout(500);
      longest.push(
        await longestTaskMs(bench.browser, async () => {
          frames.push(quantile(await scroll(tab.page, SCROLL_MS), 0.95));
          await tab.page.waitForTimeout(SETTLE_MS);
        }),
      );
      wheel.push(
        await longestTaskMs(bench.browser, async () => {
          await turnWheel(tab.page);
          await tab.page.waitForTimeout(SETTLE_MS);
        }),
      );
    }
    await tab.close();
  }
  return [
    {
      budget: 'B11',
      title: `Queue of ${QUEUED}: press to first rows, ${cpu}x`,
      unit: 'ms',
      values: opens,
      limit: isFast ? 200 : 600,
    },
    {
      budget: 'B12',
      title: `Longest task while scrolling 10 s, ${cpu}x`,
      unit: 'ms',
      values: longest,
      limit: isFast ? 50 : 150,
      note: 'in processor time of the main thread, the rows that come when the list rests among them',
    },
    {
      budget: 'B12',
      title: `Longest task while turning the wheel, ${cpu}x`,
      unit: 'ms',
      values: wheel,
      limit: isFast ? 50 : 150,
    },
    {
      budget: 'B13',
      title: `95 of 100 frames while scrolling within, ${cpu}x`,
      unit: 'ms',
      values: frames,
      limit: isFast ? 34 : 120,
    },
  ];
}

/** From the press to the frame in which rows with their text are on the screen. */
export function openQueue(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((done) => {
        const startedMs = performance.now();
        document.querySelector<HTMLAnchorElement>('nav a[href$="/queue"]')?.click();
        const look = (): void => {
          const titles = [...document.querySelectorAll('[data-index] .title')];
          if (titles.filter(({ textContent }) => textContent !== '').length < 8) {
            requestAnimationFrame(look);
            return;
          }
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => done(performance.now() - startedMs);
          port2.postMessage(null);
        };
        requestAnimationFrame(look);
      }),
  );
}

/** Times between frames, 900 px apart. */
function scroll(page: Page, durationMs: number): Promise<number[]> {
  return page.evaluate(
    (lastsMs) =>
      new Promise<number[]>((done) => {
        const grid = document.querySelector('[role="grid"]');
        if (!grid) return done([]);
        const gaps: number[] = [];
        let before = performance.now();
        const endMs = before + lastsMs;
        let step = 900;
        const next = (): void => {
          const now = performance.now();
          gaps.push(now - before);
          before = now;
          if (now > endMs) return done(gaps.slice(1));
          const end = grid.scrollHeight - grid.clientHeight;
          if (grid.scrollTop + step > end || grid.scrollTop + step < 0) step = -step;
          grid.scrollTop += step;
          requestAnimationFrame(next);
        };
        requestAnimationFrame(next);
      }),
    durationMs,
  );
}

async function turnWheel(page: Page): Promise<void> {
  const box = await page.locator('[role="grid"]').boundingBox();
  if (!box) throw new Error('The queue shows no grid to scroll.');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (let turn = 0; turn < 60; turn += 1) {
    await page.mouse.wheel(0, turn < 40 ? 400 : -400);
    await page.waitForTimeout(50);
  }
}
