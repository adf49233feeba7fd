import { describe, expect, it } from 'vitest';
import { createToolWatch } from '../../../src/adapters/engine/tool-watch.ts';
import type { Tools } from '../../../src/adapters/tools/tools.ts';

const jsRuntime = { name: 'deno', path: '/deno', version: '2.9.6', deniesNetwork: true } as const;

function toolsWith(given: Partial<Tools>, version = '2026.10.26', path = '/gone'): Tools {
  return {
    python: { path: '/python3', version: '3.11.2', hasPip: true },
    ytDlp: {
      ...{ kind: 'module', path, packagePath: path, modulePath: path, pythonPath: '/python3' },
      ...{ version, ageDays: 1, isManaged: true, hasEjs: true, solverScript: null },
      hasCryptodome: true,
    },
    ffmpeg: { path: '/ffmpeg', version: '7.1' },
    ffprobe: { path: '/ffprobe', version: '7.1' },
    jsRuntime: null,
    solverLibraries: null,
    toolsDir: '/tools',
    problems: [],
    ...given,
  };
}

function watchFrom(initial: Tools, tier: 'warm' | 'cold' = 'warm') {
  const state = { found: initial, replaced: 0, chosen: '' };
  const watch = createToolWatch({
    initial,
    find: () => Promise.resolve(state.found),
    engineHost: {
      current: () => ({ socketPath: '/socket', tier }),
      hasChanged: () => Promise.resolve(false),
      replace: () => void (state.replaced += 1),
    },
    isChosen: (version) => version === state.chosen,
    onChange: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  watch.close();
  return { watch, state };
}

describe('the watch over the tools', () => {
  it('uses a new JavaScript runtime once it was seen twice', async () => {
    const { watch, state } = watchFrom(toolsWith({}, '2026.10.26', '/'));
    state.found = toolsWith({ jsRuntime }, '2026.10.26', '/');
    await watch.look();
    expect([watch.current().jsRuntime, state.replaced]).toEqual([null, 0]);
    await watch.look();
    expect([watch.current().jsRuntime, state.replaced]).toEqual([jsRuntime, 1]);
    await watch.look();
    expect(state.replaced).toBe(1);
  });

  it('uses it at once when a person asks', async () => {
    const { watch, state } = watchFrom(toolsWith({}, '2026.10.26', '/'));
    state.found = toolsWith({ jsRuntime }, '2026.10.26', '/');
    await watch.look(true);
    expect([watch.current().jsRuntime, state.replaced]).toEqual([jsRuntime, 1]);
  });

  it('prefers a loaded yt-dlp whose folder is gone to an older one, and says so', async () => {
    const { watch, state } = watchFrom(toolsWith({}));
    state.found = toolsWith({}, '2023.03.04', '/');
    await watch.look(true);
    expect([watch.current().ytDlp?.version, state.replaced]).toEqual(['2026.10.26', 0]);
    expect(watch.current().problems[0]).toMatchObject({ name: 'engine', level: 'warn' });
    expect(watch.current().problems[0]?.message).toContain('is no longer at /gone');
  });

  it('prefers it to an untried version in its place until that one is chosen', async () => {
    const { watch, state } = watchFrom(toolsWith({}, '2026.10.26', '/'));
    state.found = toolsWith({}, '2027.01.01', '/');
    await watch.look(true);
    expect([watch.current().ytDlp?.version, state.replaced]).toEqual(['2026.10.26', 0]);
    state.chosen = '2027.01.01';
    await watch.lookAnew();
    expect([watch.current().ytDlp?.version, state.replaced]).toEqual(['2027.01.01', 1]);
  });

  it('uses the older one when it is not loaded', async () => {
    const { watch, state } = watchFrom(toolsWith({}), 'cold');
    state.found = toolsWith({}, '2023.03.04', '/');
    await watch.look(true);
    expect([watch.current().ytDlp?.version, state.replaced]).toEqual(['2023.03.04', 1]);
  });
});
