import { describe, expect, it } from 'vitest';
import type { EngineSandbox } from '../../src/adapters/engine/engine-host.ts';
import { begunAt } from '../../src/domain/passed-time.ts';
import { readChecks } from '../../src/readiness.ts';

const fine = { state: 'ok', message: 'fine', remedy: null } as const;

async function sandboxCheckOf(sandbox: EngineSandbox | null) {
  const checks = await readChecks({
    tools: {
      problems: [],
      ytDlp: null,
      jsRuntime: null,
      solverLibraries: null,
      toolsDir: '/tools',
    },

    solver: null,
    plugins: null,
    isEngineRunning: true,
    sandbox,
    files: { health: () => Promise.resolve(fine) },
    history: { health: () => fine },
    timekeeper: { look: () => begunAt(0) },
    pid: 2,
  });
  return checks.find(({ name }) => name === 'sandbox');
}

describe('the readiness of the sandbox', () => {
  it('is not spoken of before an engine host has told it', async () => {
    expect(await sandboxCheckOf(null)).toBeUndefined();
  });

  it('is ok when everything is restricted', async () => {
    const full = { level: 'full', missing: [], restrictsConnections: true } as const;
    expect(await sandboxCheckOf(full)).toMatchObject({ state: 'ok', remedy: null });
  });

  it('names what is not restricted, and what to do', async () => {
    const check = await sandboxCheckOf({
      level: 'partial',
      missing: ['connections', 'signals'],
      restrictsConnections: false,
    });
    expect(check?.state).toBe('warn');
    expect(check?.message).toContain('where ffmpeg connects to');
    expect(check?.message).toContain('which processes they signal');
    expect(check?.remedy).toContain('Linux 6.12');
  });

  it('sends who has tools in odd places to the packages of the system', async () => {
    const check = await sandboxCheckOf({
      level: 'partial',
      missing: ['reading'],
      restrictsConnections: true,
    });
    expect(check?.remedy).toContain('packages of your system');
  });

  it('is a warning where there is none', async () => {
    const none = { level: 'none', missing: ['files'], restrictsConnections: false } as const;
    expect(await sandboxCheckOf(none)).toMatchObject({ state: 'warn' });
  });
});
