// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');

function token(name: string): readonly [light: string, dark: string] {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  if (!found?.[1] || !found[2]) throw new Error(`no token ${name}`);
  return [found[1], found[2]];
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
  const grounds = ['bg', 'surface', 'inset'];
  const cases = (names: readonly string[], least: number): [string, string, number][] =>
    names.flatMap((name) =>
      grounds.map((ground): [string, string, number] => [name, ground, least]),
    );

  it.each([
    ...cases(['text'], 7),
    ...cases(['muted', 'faint', 'accent', 'ok', 'warn', 'err', 'held', 'info'], 4.5),
    ...cases(['control', 'focus'], 3),
    ['text', 'sel', 4.5] as const,
    ['muted', 'sel', 4.5] as const,
    ['on-accent', 'accent', 4.5] as const,
    ['on-err', 'err', 4.5] as const,
    ['accent', 'track', 3] as const,
  ])('%s on %s has a contrast of at least %d in both themes', (name, ground, least) => {
    const [one, two] = [token(name), token(ground)];
    expect(contrast(one[0], two[0])).toBeGreaterThanOrEqual(least);
    expect(contrast(one[1], two[1])).toBeGreaterThanOrEqual(least);
  });
});
