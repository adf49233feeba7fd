// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');

const THEMES = ['light', 'dark', 'contrast'] as const;

/** The colours of a token in each theme, in their order; the third is the second but for what it names anew. */
function token(name: string): readonly string[] {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  if (!found?.[1] || !found[2]) throw new Error(`no token ${name}`);
  const [, contrastTheme = ''] = css.split(`:root[data-theme='contrast']`);
  const inContrast = new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(
    contrastTheme.split('}')[0] ?? '',
  );
  return [found[1], found[2], inContrast?.[1] ?? found[2]];
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

describe('colours', () => {
  const grounds = ['bg', 'surface', 'raised', 'inset'];
  const cases = (names: readonly string[], least: number): [string, string, number][] =>
    names.flatMap((name) =>
      grounds.map((ground): [string, string, number] => [name, ground, least]),
    );

  it.each([
    ...cases(['text'], 7),
    ...cases(['muted', 'faint', 'accent', 'ok', 'warn', 'err', 'paused', 'info'], 4.5),
    ...cases(['control', 'focus'], 3),
    ...['text', 'muted', 'faint', 'accent', 'ok', 'warn', 'err', 'paused', 'info'].map(
      (name): [string, string, number] => [name, 'sel', 4.5],
    ),
    ['on-accent', 'accent', 4.5] as const,
    ['on-err', 'err', 4.5] as const,
    ['accent', 'track', 3] as const,
  ])('%s on %s has a contrast of at least %d in every theme', (name, ground, least) => {
    const [colours, grounds] = [token(name), token(ground)];
    for (const [index, theme] of THEMES.entries()) {
      const found = contrast(colours[index] ?? '', grounds[index] ?? '');
      expect(found, theme).toBeGreaterThanOrEqual(least);
    }
  });
});
