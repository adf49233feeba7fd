import type { Engine, EngineList } from '@artemis/contracts';
import { expect, it } from 'vitest';
import { engineLamp } from '../../src/state/engine-lamp.ts';
import {
  actionsOf,
  compareVersions,
  inOrder,
  siteRows,
  tagOf,
  trialSum,
  trialToShow,
  workedHere,
} from '../../src/format/engine-room.ts';
import { createFormatter } from '../../src/format/format.ts';
import { ENGINE_EVENT_CODES } from '@artemis/contracts/vocabulary';
import { createFakeEngines } from '../fake-engines.ts';
import { de, en } from '../words.ts';

const { list } = createFakeEngines();
const find = (version: string): Engine => {
  const found = list.engines.find((engine) => engine.version === version);
  if (!found) throw new Error(version);
  return found;
};

it('shows the version in use first, then possible replacements, failed ones last', () => {
  const versions = (of: Pick<EngineList, 'engines' | 'previous'>): string[] =>
    inOrder(of).map(({ version }) => version);
  expect(versions(list)).toEqual([
    '2026.11.13',
    '2026.11.20',
    '2026.09.05',
    '2026.10.26',
    '2026.11.26.120000',
  ]);
  const reversed = { ...list, engines: list.engines.toReversed() };
  expect(versions(reversed)).toEqual(versions(list));
});

it('orders versions by their numbers', () => {
  expect(compareVersions('2026.10.2', '2026.9.30')).toBeGreaterThan(0);
  expect(compareVersions('2026.11.26', '2026.11.26.120000')).toBeLessThan(0);
});

it('offers for each version only actions that the server accepts', () => {
  expect(actionsOf(find('2026.11.13'), list)).toEqual({
    use: null,
    isAdvised: false,
    remove: null,
  });
  expect(actionsOf(find('2026.11.20'), list)).toEqual({
    use: 'use',
    isAdvised: true,
    remove: 'now',
  });
  expect(actionsOf(find('2026.10.26'), list)).toEqual({
    use: 'go_back',
    isAdvised: false,
    remove: 'now',
  });
  expect(actionsOf(find('2026.11.26.120000'), list)).toMatchObject({
    use: 'anyway',
    isAdvised: false,
  });
  // The one on PATH is not ours to remove, and neither is one that downloads run with.
  expect(actionsOf(find('2026.09.05'), list).remove).toBeNull();
  expect(actionsOf({ ...find('2026.11.20'), jobs: 2 }, list).remove).toBe('busy');
  expect(actionsOf({ ...find('2026.11.20'), state: 'trying' }, list)).toEqual({
    use: null,
    isAdvised: false,
    remove: null,
  });
});

it('marks the version before the one in use, unless it has failed', () => {
  const before = find('2026.10.26');
  expect(tagOf(before, list)).toBe('before');
  expect(tagOf({ ...before, state: 'failed' }, list)).toBe('failed');
  expect(tagOf(before, { previous: null })).toBe('ready');
});

it('shows sites by version, and nothing for versions that never met them', () => {
  const rows = siteRows([find('2026.11.13'), find('2026.10.26')]);
  expect(rows.map(({ site, downloads }) => [site, downloads])).toEqual([
    ['video.example', 2354],
    ['archive.example', 512],
    ['tube.example', 100],
  ]);
  expect(rows[2]?.cells).toEqual([{ succeeded: 48, all: 100, percent: 48, tone: 'err' }, null]);
  // One failure among many is not "all of them".
  const almost = { ...find('2026.11.20'), sites: [{ site: 'a', succeeded: 999, failed: 1 }] };
  expect(siteRows([almost])[0]?.cells[0]?.percent).toBe(99);
  expect(workedHere(find('2026.11.20'))).toBeNull();
});

it('counts the finished steps of a trial', () => {
  const { trial } = find('2026.11.26.120000');
  expect(trial && trialSum(trial)).toEqual({ passed: 1, all: 3, tone: 'err' });
  expect(trial && trialSum({ ...trial, outcome: 'passed' }).tone).toBe('warn');
  expect(trial && trialSum({ ...trial, outcome: 'running' }).tone).toBe('');
});

it('shows the running trial, otherwise the newest', () => {
  expect(trialToShow(list.engines)?.version).toBe('2026.11.26.120000');
  const trial = { at: '2026-01-01T00:00:00.000Z', outcome: 'running', steps: [] } as const;
  const running = { ...find('2026.11.20'), trial: { ...trial, steps: [] } };
  expect(trialToShow([...list.engines, running])).toBe(running);
  expect(trialToShow([find('2026.09.05')])).toBeNull();
});

it('has a sentence for every event in every language', () => {
  for (const words of [en, de]) {
    for (const code of ENGINE_EVENT_CODES) {
      expect(
        words.engineEvent({ code, version: '2026.11.20', from: 'none', site: 'a.example' }),
        code,
      ).toMatch(/\w.*\.$/);
    }
  }
});

it('colours the light by whether yt-dlp works, and by age only when it is old', () => {
  const format = createFormatter('en', false);
  const engine = { mode: 'fork', yt_dlp_version: '2026.11.13', age_days: 75 };
  const ready = (state: 'ok' | 'fail') => ({
    ready: state === 'ok',
    checks: [{ name: 'engine', state, message: '', remedy: null }],
  });
  expect(engineLamp(engine, ready('ok'), en, format)).toEqual({
    icon: 'fresh',
    tone: 'ok',
    word: 'works',
    text: 'yt-dlp 2026.11.13 works, 75 days old',
  });
  const broken = { ...engine, age_days: 1, broken_sites: [{ site: 'tube.example' }] };
  expect(engineLamp(broken, ready('ok'), en, format)).toMatchObject({
    tone: 'err',
    word: 'fails',
    text: 'yt-dlp 2026.11.13 fails: tube.example, 24 hr old',
  });
  expect(engineLamp(engine, ready('fail'), en, format).tone).toBe('err');
  expect(engineLamp({ ...engine, age_days: 200 }, null, en, format)).toMatchObject({
    tone: 'warn',
    word: '200 days',
  });
  const gone = { ...engine, mode: 'missing', yt_dlp_version: null, age_days: null };
  expect(engineLamp(gone, null, en, format).text).toBe('yt-dlp is missing');
  expect(engineLamp(null, null, en, format).tone).toBe('faint');
});
