import { readFile, readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

export const repositoryDir = resolve(import.meta.dirname, '../../../..');

const NOT_OURS = new Set(['node_modules', 'dist', 'dist-test', 'coverage', 'downloads']);

/** A fenced block: `info` is the text after the fence, its language first. */
export interface Fence {
  readonly info: string;
  readonly text: string;
  readonly line: number;
}

/** The Markdown files of the project, relative to its root. */
export async function markdownFiles(folder = repositoryDir): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        const isSkipped = NOT_OURS.has(entry.name) || entry.name.startsWith('.');
        return isSkipped ? [] : markdownFiles(path);
      }
      return entry.name.endsWith('.md') ? [relative(repositoryDir, path)] : [];
    }),
  );
  return found.flat().sort();
}

export function readText(path: string): Promise<string> {
  return readFile(join(repositoryDir, path), 'utf8');
}

export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; line: number; lines: string[] } | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    const mark = /^```(.*)$/.exec(line);
    if (open !== null && mark?.[1] === '') {
      fences.push({ info: open.info, line: open.line, text: open.lines.join('\n') });
      open = null;
    } else if (open !== null) open.lines.push(line);
    else if (mark !== null) open = { info: mark[1]?.trim() ?? '', line: index + 1, lines: [] };
  }
  if (open !== null) throw new Error(`the block in line ${open.line} does not end`);
  return fences;
}

/** The text without its fenced blocks. */
export function proseOf(markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```$/gm, '');
}

/** The rows of all tables whose first cell is in backticks: cells without the backticks around them. */
export function rowsOf(markdown: string): string[][] {
  return proseOf(markdown)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
    );
}

/** The part under a heading of the second level. */
export function sectionOf(markdown: string, heading: string): string {
  const parts = markdown.split(/^## /m);
  const found = parts.find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`there is no section ${heading}`);
  return found;
}

/** The addresses that headings get on the usual sites. */
export function anchorsOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
}
