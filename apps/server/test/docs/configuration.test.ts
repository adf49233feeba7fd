import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Environment, loadConfig, UNSUPPORTED } from '../../src/config.ts';
import { readText, rowsOf, sectionOf } from './markdown.ts';

interface Variable {
  readonly type: string;
  readonly default: string | number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

const schema = Object.fromEntries(
  Object.entries(Environment.properties).map(([name, variable]) => [
    name,
    variable as unknown as Variable,
  ]),
);
const defaults = Object.fromEntries(
  Object.entries(schema).map(([name, variable]) => [name, String(variable.default)]),
);

/** Rows about variables, by name; a table of something else has no such first cell. */
async function variablesIn(file: string): Promise<Record<string, string[]>> {
  const rows = rowsOf(await readText(file)).filter(([name = '']) => /^[A-Z][A-Z0-9_]+$/.test(name));
  expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
  return Object.fromEntries(rows.map(([name = '', ...cells]) => [name, cells]));
}

describe('docs/configuration.md', () => {
  it('has every variable with its default', async () => {
    const rows = await variablesIn('docs/configuration.md');
    const documented = Object.entries(rows).map(([name, [value]]) => [
      name,
      value === 'none' ? '' : value,
    ]);
    expect(Object.fromEntries(documented)).toEqual(defaults);
  });

  it('has the values that the schema allows', async () => {
    const rows = await variablesIn('docs/configuration.md');
    for (const [name, { type, minimum, maximum, enum: choices }] of Object.entries(schema)) {
      const allowed = rows[name]?.[1];
      if (type === 'integer') expect([name, allowed]).toEqual([name, `${minimum} to ${maximum}`]);
      if (choices) expect([name, allowed]).toEqual([name, choices.join(', ')]);
    }
  });
});

describe('docs/configuration.md, section "Not supported"', () => {
  it('has every variable that is refused', async () => {
    const section = sectionOf(await readText('docs/configuration.md'), 'Not supported');
    const named = new Set(section.match(/`[A-Z][A-Z0-9_]+`/g));
    for (const name of Object.values(UNSUPPORTED).flat()) expect(named).toContain(`\`${name}\``);
  });
});

describe('README.md', () => {
  it('names only existing variables, with their defaults', async () => {
    for (const [name, [value]] of Object.entries(await variablesIn('README.md'))) {
      expect([name, value === 'none' ? '' : value]).toEqual([name, defaults[name]]);
    }
  });
});

describe('.env.example', () => {
  it('has every variable with its default', async () => {
    const settings = (await readText('.env.example')).replaceAll(/^# (?=[A-Z0-9_]+=)/gm, '');
    const parsed = parseEnv(settings);
    expect(parsed).toEqual(defaults);
    const root = '/somewhere';
    expect(loadConfig(parsed, root)).toEqual(loadConfig({}, root));
  });

  it('changes nothing when it is copied as it is', async () => {
    expect(parseEnv(await readText('.env.example'))).toEqual({});
  });
});
