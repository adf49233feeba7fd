import { ROUNDS, SPEEDS, type WebBench, type WebMeasure, type WebRow } from '../web/measure.ts';
import { openTab, SETTLE_MS, type TabOptions } from '../web/tab.ts';

interface Load {
  readonly requests: number;
  readonly scriptKb: number;
  readonly styleKb: number;
  readonly fcpMs: number;
  readonly lcpMs: number;
  readonly usableMs: number;
  readonly blockingMs: number;
  readonly shift: number;
}

/** The first visit of a new profile to the built server, on a computer and far away on a slow one. */
export const webLoad: WebRow = {
  name: 'load',
  async run(bench) {
    const artemis = await bench.startArtemis();
    const measures: WebMeasure[] = [];
    for (const cpu of SPEEDS) {
      const loads: Load[] = [];
      for (let round = 0; round <= ROUNDS; round += 1) {
        const load = await loadOnce(bench, artemis.baseUrl, { cpu, isFar: cpu === 4 });
        // The first one warms the browser and the server up.
        if (round > 0) loads.push(load);
      }
      measures.push(...measuresOf(loads, cpu));
    }
    await artemis.stop();
    return measures;
  },
};

async function loadOnce(bench: WebBench, url: string, options: TabOptions): Promise<Load> {
  const tab = await openTab(bench.browser, options);
  await tab.page.goto(url);
  await tab.page.waitForFunction(() => performance.getEntriesByName('artemis:usable').length > 0);
  await tab.page.waitForTimeout(SETTLE_MS * (options.cpu === 4 ? 2 : 1));
  const load = await tab.page.evaluate((): Load => {
    const usableMs = performance.getEntriesByName('artemis:usable')[0]?.startTime ?? NaN;
    const fcpMs = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN;
    const before = performance
      .getEntriesByType('resource')
      .filter((entry): entry is PerformanceResourceTiming => 'transferSize' in entry)
      .filter(({ responseEnd }) => responseEnd <= usableMs);
    const kilobytes = (end: string) =>
      before
        .filter(({ name }) => name.endsWith(end))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1000;
    return {
      requests: 1 + before.length,
      scriptKb: kilobytes('.js'),
      styleKb: kilobytes('.css'),
      fcpMs,
      lcpMs: window.bench.lcpMs,
      usableMs,
      blockingMs: window.bench.longTasks
        .filter(({ atMs, ms }) => atMs + ms > fcpMs)
        .reduce((sum, { ms }) => sum + Math.max(0, ms - 50), 0),
      shift: window.bench.shift,
    };
  });
  await tab.close();
  return load;
}

function measuresOf(loads: readonly Load[], cpu: 1 | 4): readonly WebMeasure[] {
  const isFast = cpu === 1;
  const where = isFast ? '1x' : '4x, 10 Mbit/s, 40 ms';
  const all = (key: keyof Load) => loads.map((load) => load[key]);
  return [
    ...(isFast
      ? ([
          {
            budget: 'B1',
            title: 'JavaScript until usable, as it came over the wire',
            unit: 'KB',
            values: all('scriptKb'),
            limit: 55,
          },
          {
            budget: 'B2',
            title: 'CSS until usable, as it came over the wire',
            unit: 'KB',
            values: all('styleKb'),
            limit: 14,
          },
          {
            budget: 'B5',
            title: 'Requests answered before the page is usable',
            unit: '',
            values: all('requests'),
            limit: 6,
          },
        ] satisfies WebMeasure[])
      : []),
    {
      budget: isFast ? 'B6' : 'B7',
      title: `First contentful paint, ${where}`,
      unit: 'ms',
      values: all('fcpMs'),
      limit: isFast ? 400 : 1200,
    },
    {
      budget: isFast ? 'B6' : 'B7',
      title: `Largest contentful paint, ${where}`,
      unit: 'ms',
      values: all('lcpMs'),
      limit: isFast ? 600 : 1800,
    },
    {
      budget: 'B8',
      title: `Usable: the field takes a paste, ${where}`,
      unit: 'ms',
      values: all('usableMs'),
      limit: isFast ? 600 : 1600,
    },
    {
      budget: 'B9',
      title: `Blocking time while loading, ${where}`,
      unit: 'ms',
      values: all('blockingMs'),
      limit: isFast ? null : 200,
    },
    {
      budget: 'B10',
      title: `Layout shift while loading, ${where}`,
      unit: '',
      values: all('shift'),
      limit: 0.02,
    },
  ];
}
