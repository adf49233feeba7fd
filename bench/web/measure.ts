import { quantile, median } from '../lib/stats.ts';
import type { Artemis } from '../lib/artemis.ts';
import type { FakeServer, FakeServerOptions } from '../../apps/web/test/fake-server.ts';
import type { Browser, Tab, TabOptions } from './tab.ts';

/** One budget of the page, with the figure of each round. */
export interface WebMeasure {
  /** The number of the budget in the design. */
  readonly budget: string;
  readonly title: string;
  readonly unit: 'ms' | 'KB' | 'MB' | 'MB/h' | 'B' | '%' | '';
  readonly values: readonly number[];
  /** Met when the median is not above it; null for a figure that is only reported. */
  readonly limit: number | null;
  readonly note?: string;
}

/** What a row measures with. Everything it starts here is ended by the run. */
export interface WebBench {
  readonly browser: Browser;
  openTab(options?: TabOptions): Promise<Tab>;
  /** The server for tests, which answers from records in memory and moves only when told. */
  startRoom(options: FakeServerOptions): Promise<FakeServer>;
  /** The built server, with an origin that holds what is downloaded. */
  startArtemis(environment?: Readonly<Record<string, string>>): Promise<Artemis>;
  /** An address at the origin whose answer takes hours. */
  heldUrl(): string;
}

export interface WebRow {
  readonly name: string;
  run(bench: WebBench): Promise<readonly WebMeasure[]>;
}

export const ROUNDS = 7;
export const QUEUED = 10_000;
export const SPEEDS = [1, 4] as const;

export function figureOf({ values }: WebMeasure): number {
  return median(values);
}

export function isMet(measure: WebMeasure): boolean | null {
  return measure.limit === null ? null : figureOf(measure) <= measure.limit;
}

/** Markdown: one line of the table. */
export function lineOf(row: string, measure: WebMeasure): string {
  const { budget, title, unit, values, limit } = measure;
  const figure = (value: number) => {
    const digits = Math.abs(value) >= 10 || Number.isInteger(value) ? 0 : value < 0.1 ? 3 : 2;
    return `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
  };
  const span = `${figure(quantile(values, 0))}–${figure(quantile(values, 1))}`;
  const met = isMet(measure);
  const cells = [
    budget,
    row,
    title,
    figure(figureOf(measure)),
    values.length > 1 ? span : '',
    values.length,
    limit === null ? '' : `≤ ${figure(limit)}`,
    met === null ? '' : met ? 'yes' : '**no**',
  ];
  return `| ${cells.join(' | ')} |`;
}
