import { paste } from '../../apps/server/test/browser/browser.ts';
import { SPEEDS, type WebMeasure, type WebRow } from '../web/measure.ts';
import { SETTLE_MS, visit } from '../web/tab.ts';
import { longestTaskMs } from '../web/tasks.ts';

const LINKS = 5000;
const ROUNDS = 5;

/** A paste of five thousand links, anywhere on the page. */
export const webIntake: WebRow = {
  name: 'intake',
  async run(bench) {
    const room = await bench.startRoom({ queued: 200, running: 2 });
    const text = Array.from(
      { length: LINKS },
      (_, index) => `${index} https://www.video.example/watch?v=${index.toString(36)}x and more`,
    ).join('\n');
    const measures: WebMeasure[] = [];
    for (const cpu of SPEEDS) {
      const shown: number[] = [];
      const longest: number[] = [];
      for (let round = 0; round <= ROUNDS; round += 1) {
        const tab = await bench.openTab({ cpu });
        await visit(tab, room.url);
        await tab.forget();
        await tab.page.evaluate(timeRows);
        const task = await longestTaskMs(bench.browser, async () => {
          await paste(tab.page, text);
          await tab.page.waitForFunction(() => window.bench.frames.length > 0);
          // The comparison with what is known follows a moment later.
          await tab.page.waitForTimeout(SETTLE_MS);
        });
        const [ms = NaN] = await tab.page.evaluate(() => window.bench.frames);
        const count = await tab.page.locator('[role="dialog"], dialog').innerText();
        if (!count.replaceAll(',', '').includes(String(LINKS))) {
          throw new Error(`The tray does not show ${LINKS} links.`);
        }
        if (round > 0) {
          shown.push(ms);
          longest.push(task);
        }
        await tab.close();
      }
      measures.push(
        {
          budget: 'B18',
          title: `Paste of ${LINKS} links to first rows, ${cpu}x`,
          unit: 'ms',
          values: shown,
          limit: cpu === 1 ? 300 : null,
        },
        {
          budget: 'B18',
          title: `Longest task of that paste, ${cpu}x`,
          unit: 'ms',
          values: longest,
          limit: cpu === 1 ? 50 : null,
          note: 'in processor time of the main thread',
        },
      );
    }
    await room.close();
    return measures;
  },
};

/** From the paste to the frame with rows in the tray. */
function timeRows(): void {
  window.bench.frames.length = 0;
  const begin = (): void => {
    const startedMs = performance.now();
    const look = (): void => {
      if (document.querySelectorAll('dialog [data-index] .link').length < 2) {
        requestAnimationFrame(look);
        return;
      }
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.bench.frames.push(performance.now() - startedMs);
      port2.postMessage(null);
    };
    requestAnimationFrame(look);
  };
  document.addEventListener('paste', begin, { capture: true, once: true });
}
