import type { WebRow } from '../web/measure.ts';
import { visit } from '../web/tab.ts';

const LOOK_MS = 10_000;
const ROUNDS = 3;

/** The built server with nothing to do, and a page that looks at it every three seconds. */
export const webIdle: WebRow = {
  name: 'idle',
  async run(bench) {
    const artemis = await bench.startArtemis();
    const others: number[] = [];
    const bytes: number[] = [];
    const writes: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const tab = await bench.openTab();
      const seen: { status: number; bytes: number }[] = [];
      // A 304 consists of headers only, so their text is all that is on the wire.
      tab.devtools.on('Network.responseReceivedExtraInfo', ({ statusCode, headersText = '' }) => {
        seen.push({ status: statusCode, bytes: headersText.length });
      });
      await visit(tab, artemis.baseUrl);
      await tab.page.waitForTimeout(4000);
      await tab.forget();
      seen.length = 0;
      await tab.page.waitForTimeout(LOOK_MS);
      if (seen.length < 2)
        throw new Error(`The idle page asked the server only ${seen.length} times in 10 s.`);
      others.push(seen.filter(({ status }) => status !== 304).length);
      bytes.push(Math.max(...seen.map((answer) => answer.bytes)));
      writes.push(await tab.page.evaluate(() => window.bench.writes));
      await tab.close();
    }
    await artemis.stop();
    return [
      {
        budget: 'B16',
        title: 'Idle: answers in 10 s that are not 304',
        unit: '',
        values: others,
        limit: 0,
      },
      {
        budget: 'B16',
        title: 'Idle: largest head of an answer on the wire',
        unit: 'B',
        values: bytes,
        limit: 250,
      },
      {
        budget: 'B16',
        title: 'Idle: writes to the DOM in 10 s, but for the clock',
        unit: '',
        values: writes,
        limit: 0,
      },
    ];
  },
};
