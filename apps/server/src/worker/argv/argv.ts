import { say, type Said } from '@artemis/contracts';
import type { ArgvContext, ArgvRow } from './argv-row.ts';
import { ARGV_TABLE } from './argv-table.ts';

export type { ArgvContext } from './argv-row.ts';

export interface ArgvPart {
  /** The option and its value, or the URL. */
  readonly argument: readonly string[];
  readonly meaning: Said;
}

/**
 * The command line of one run, with a sentence about every argument. Text of a request gets into it only as the URL, which is
 * last and after `--`, and as values that a schema has checked. There is no URL when the run starts from a known page.
 */
export function compileArgv(context: ArgvContext): ArgvPart[] {
  const parts = ARGV_TABLE.filter((row) => applies(row, context)).map((row) => ({
    argument: row.value === undefined ? [row.option] : [row.option, textOf(row.value, context)],
    meaning: typeof row.meaning === 'function' ? row.meaning(context) : row.meaning,
  }));
  if (context.isInfoKnown === true) return parts;
  return [
    ...parts,
    { argument: ['--'], meaning: say('ARG_END_OF_OPTIONS') },
    { argument: [context.url], meaning: say('ARG_LINK') },
  ];
}

export function argvOf(context: ArgvContext): string[] {
  return compileArgv(context).flatMap(({ argument }) => argument);
}

function applies({ since, when }: ArgvRow, context: ArgvContext): boolean {
  if (since !== undefined && !isAtLeast(context.engine.ytDlpVersion, since)) return false;
  return when?.(context) ?? true;
}

function textOf(text: string | ((context: ArgvContext) => string), context: ArgvContext): string {
  return typeof text === 'string' ? text : text(context);
}

/** A version of yt-dlp is a date, such as `2026.10.26`, or `2026.10.26.232815` for a nightly. */
function isAtLeast(version: string, wanted: string): boolean {
  const [have, want] = [version, wanted].map((text) =>
    text.split('.', 3).map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let index = 0; index < 3; index += 1) {
    const difference = (have?.[index] ?? 0) - (want?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
