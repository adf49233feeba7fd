import { describe, expect, it } from 'vitest';
import {
  createEngineLease,
  type EngineLeaseOptions,
} from '../../../src/adapters/engine/engine-lease.ts';

type Status = ReturnType<EngineLeaseOptions['engineHost']['status']>;

const never = new AbortController().signal;
const ytDlp = { kind: 'module', version: '2026.10.26' } as never;
const current = { socketPath: '/x/warm-1.sock', tier: 'warm' } as const;

function leaseOf(state: {
  mode: Status['mode'];
  isThere?: () => boolean;
  hasYtDlp?: boolean;
  longestWaitMs?: number;
}) {
  let holds = 0;
  let isPrepared = false;
  const withEngine = createEngineLease({
    engineHost: {
      current: () => (state.isThere?.() === true ? current : null),
      status: () => ({
        mode: state.mode,
        kind: 'module',
        facts: null,
        restarts: 0,
        warmFailure: null,
      }),
      hold: () => {
        holds += 1;
        return () => void (holds -= 1);
      },
    },
    tools: () => ({
      ytDlp: state.hasYtDlp === false ? null : ytDlp,
      jsRuntime: null,
      ffmpeg: null,
      ffprobe: null,
    }),
    prepare: () => {
      isPrepared = true;
      return Promise.resolve();
    },
    longestWaitMs: state.longestWaitMs ?? 30_000,
  });
  return { withEngine, holds: () => holds, isPrepared: () => isPrepared };
}

const nothing = () => Promise.reject(new Error('must not be used'));

describe('the engine lease of an attempt', () => {
  it('waits for an engine that starts, and holds it during use', async () => {
    let looks = 0;
    const lease = leaseOf({ mode: 'starting', isThere: () => (looks += 1) > 3 });
    const { withEngine, holds, isPrepared } = lease;
    const used = await withEngine(async (engine) => {
      expect([holds(), isPrepared()]).toEqual([1, true]);
      return Promise.resolve(engine);
    }, never);
    expect(used).toMatchObject({ ...current, ytDlpVersion: '2026.10.26', hasFfmpeg: false });
    expect(holds()).toBe(0);
  });

  it('releases the engine when its use fails', async () => {
    const { withEngine, holds } = leaseOf({ mode: 'warm', isThere: () => true });
    await expect(withEngine(nothing, never)).rejects.toThrow('must not be used');
    expect(holds()).toBe(0);
  });

  it('fails at once when there is no yt-dlp or no Python', async () => {
    expect(await leaseOf({ mode: 'missing' }).withEngine(nothing, never)).toBe('missing');
    const without = leaseOf({ mode: 'starting', hasYtDlp: false });
    expect(await without.withEngine(nothing, never)).toBe('missing');
  });

  it('does not report an engine as missing that only starts slowly', async () => {
    const slow = leaseOf({ mode: 'starting', longestWaitMs: 50 });
    expect(await slow.withEngine(nothing, never)).toBe('starting');
  });

  it('stops waiting when the attempt is cancelled', async () => {
    const controller = new AbortController();
    const waiting = leaseOf({ mode: 'starting' }).withEngine(nothing, controller.signal);
    controller.abort();
    expect(await waiting).toBe('starting');
  });
});
