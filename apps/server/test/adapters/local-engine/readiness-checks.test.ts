import { describe, expect, it } from 'vitest';
import type { EngineSandbox } from '../../../src/adapters/engine/engine-host.ts';
import { engineChecks } from '../../../src/adapters/local-engine/readiness-checks.ts';

function sandboxCheckOf(sandbox: EngineSandbox | null) {
  const checks = engineChecks({
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
  });
  return checks.find(({ name }) => name === 'sandbox');
}

describe('the readiness of the sandbox', () => {
  it('is not reported before an engine host has started', () => {
    expect(sandboxCheckOf(null)).toBeUndefined();
  });

  it('is ok when everything is restricted', () => {
    const full = { level: 'full', missing: [], restrictsConnections: true } as const;
    expect(sandboxCheckOf(full)).toMatchObject({ state: 'ok', remedy: null });
  });

  it('names what is not restricted and what to do', () => {
    const check = sandboxCheckOf({
      level: 'partial',
      missing: ['connections', 'signals'],
      restrictsConnections: false,
    });
    expect(check?.state).toBe('warn');
    expect(check?.message).toContain('where ffmpeg connects to');
    expect(check?.message).toContain('which processes they signal');
    expect(check?.remedy).toContain('Linux 6.12');
  });

  it('recommends system packages for tools in unusual places', () => {
    const check = sandboxCheckOf({
      level: 'partial',
      missing: ['reading'],
      restrictsConnections: true,
    });
    expect(check?.remedy).toContain('packages of your system');
  });

  it('is a warning where there is none', () => {
    const none = { level: 'none', missing: ['files'], restrictsConnections: false } as const;
    expect(sandboxCheckOf(none)).toMatchObject({ state: 'warn' });
  });
});
