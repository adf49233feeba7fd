import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Tools } from '../../apps/server/src/adapters/tools/tools.ts';
import { summarise, type Measure } from './stats.ts';

export interface RowResult {
  readonly name: string;
  readonly measures: readonly Measure[];
  readonly seconds: number;
  /** Mean number of running processes over the minute before the row and the one before its end. */
  readonly load: readonly [number, number];
}

export function load(): number {
  return loadavg()[0] ?? NaN;
}

/** What was measured, when, on which machine and with which programs. */
export function head(what: string, programs: string): string {
  return `# ${what}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC

${machine()}\\
${programs}\\
Commit ${commit()}.`;
}

/** Markdown: what was measured where, and one line a measure. */
export function reportOf(tools: Tools, results: readonly RowResult[]): string {
  const rows = results.flatMap(({ name, measures }) =>
    measures.map((measure) => line(name, measure)),
  );
  const notes = results.flatMap(({ measures }) =>
    measures.flatMap(({ title, note }) => (note === undefined ? [] : [`- ${title}: ${note}`])),
  );
  const loads = results.map(
    ({ name, seconds, load: [before, after] }) =>
      `${name} ${seconds.toFixed(0)} s (${before.toFixed(1)}, ${after.toFixed(1)})`,
  );
  return `${head('Engine', versions(tools))}

The ratio is the median of the ratios of each round (ours to theirs), then its quartiles and its extremes. Without
another side it is our own figure.

| row | measure | ours | theirs | ratio | quartiles | extremes | rounds | goal | met |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
${rows.join('\n')}

${notes.join('\n')}

Time taken, and the load average of one minute before and after each row: ${loads.join('; ')}.
`;
}

function line(name: string, measure: Measure): string {
  const { title, unit, ours, theirs, goal } = measure;
  if (ours.length === 0) return `| ${name} | ${title} | | | | | | | | |`;
  const summary = summarise(measure);
  const inUnit = (value: number) =>
    `${value.toFixed(unit === 's' ? 2 : value < 10 ? 1 : 0)} ${unit}`;
  const isRatio = theirs !== undefined;
  const figure = (value: number) =>
    isRatio ? `${value.toFixed(value < 0.2 ? 3 : 2)}x` : inUnit(value);
  const span = ([low, high]: readonly [number, number]) => `${figure(low)}–${figure(high)}`;
  return [
    '',
    name,
    title,
    inUnit(summary.ours),
    isRatio ? `${inUnit(summary.theirs ?? NaN)} (${theirs.name})` : '',
    figure(summary.figure),
    span(summary.quartiles),
    span(summary.extremes),
    ours.length,
    goal === null ? '' : `≤ ${isRatio ? `${goal}x` : inUnit(goal)}`,
    summary.isMet === null ? '' : summary.isMet ? 'yes' : '**no**',
    '',
  ]
    .join(' | ')
    .trim();
}

function machine(): string {
  const processors = cpus();
  const memory = (totalmem() / 1024 ** 3).toFixed(0);
  return `${processors.length} cores (${processors[0]?.model ?? 'unknown'}), ${memory} GiB, Linux ${release()}, ${system()}`;
}

function system(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

/** Of the programs that a download needs. */
export function versions({ python, ytDlp, ffmpeg }: Tools): string {
  return `Node ${process.versions.node}, Python ${python?.version}, yt-dlp ${ytDlp?.version}, ffmpeg ${ffmpeg?.version}`;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}
