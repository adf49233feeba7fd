import type { openBrowser } from '../../apps/server/test/browser/browser.ts';
import { installProbe } from './page-probe.ts';

export type Browser = Awaited<ReturnType<typeof openBrowser>>;
export type Context = Awaited<ReturnType<Browser['newContext']>>;
export type Page = Awaited<ReturnType<Context['newPage']>>;
type Session = Awaited<ReturnType<Context['newCDPSession']>>;

const WAIT_MS = 60_000;
/** Time for late work of the page, and for the browser to report it. */
export const SETTLE_MS = 1500;

export interface TabOptions {
  /** 4: a processor with a quarter of the speed. */
  readonly cpu?: 1 | 4;
  /** 10 Mbit/s and 40 ms there and back. */
  readonly isFar?: boolean;
}

/** A page in a profile of its own, with tools to inspect it. */
export interface Tab {
  readonly page: Page;
  readonly devtools: Session;
  /** Of `Performance.getMetrics`: processor time of the main thread, in ms. */
  metrics(): Promise<{ readonly scriptMs: number; readonly taskMs: number }>;
  /** After a garbage collection; in MB (10^6). */
  heapMb(): Promise<number>;
  /** Forgets what the probe has noted. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

export async function openTab(
  browser: Browser,
  { cpu = 1, isFar = false }: TabOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: 'dark',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  // The loader of TypeScript marks functions by a helper that a page does not have.
  await page.addInitScript('globalThis.__name = (marked) => marked');
  await page.addInitScript(installProbe);
  const devtools = await context.newCDPSession(page);
  // Processor time, so that the load of the machine does not count.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await devtools.send('Network.enable');
  if (cpu !== 1) await devtools.send('Emulation.setCPUThrottlingRate', { rate: cpu });
  if (isFar) {
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 40,
      downloadThroughput: 1_250_000,
      uploadThroughput: 1_250_000,
    });
  }
  return {
    page,
    devtools,
    async metrics() {
      const { metrics } = await devtools.send('Performance.getMetrics');
      const ms = (name: string) => (metrics.find((one) => one.name === name)?.value ?? NaN) * 1000;
      return { scriptMs: ms('ScriptDuration'), taskMs: ms('TaskDuration') };
    },
    async heapMb() {
      await devtools.send('HeapProfiler.collectGarbage');
      const { usedSize } = await devtools.send('Runtime.getHeapUsage');
      return usedSize / 1e6;
    },
    forget: () =>
      page.evaluate(() => {
        window.bench.longTasks.length = 0;
        window.bench.presses.clear();
        window.bench.draws.length = 0;
        window.bench.writes = 0;
      }),
    close: () => context.close(),
  };
}

/** Opens the page and waits until it is idle. */
export async function visit(tab: Tab, url: string): Promise<void> {
  await tab.page.goto(url);
  await tab.page.locator('#main').waitFor();
  await tab.page.waitForTimeout(SETTLE_MS);
}
