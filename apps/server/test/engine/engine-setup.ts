import type { TestProject } from 'vitest/node';
import { startEngine, TIERS, type EngineUnderTest } from './engine-under-test.ts';
import type { SharedHost } from './shared-engine.ts';

/** Before the first file and after the last one: a warm host takes two seconds of a processor to become that. */
export default async function setUp({ provide }: TestProject): Promise<() => Promise<void>> {
  // For the test that no job sees it.
  process.env['ENGINE_TEST_SECRET'] = 'do-not-tell';
  const started = await Promise.allSettled(TIERS.map((tier) => startEngine(tier)));
  const engines = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  delete process.env['ENGINE_TEST_SECRET'];
  provide('engines', engines.flatMap(shared));
  return async () => {
    await Promise.all(engines.map((engine) => engine.close()));
  };
}

function shared({ host }: EngineUnderTest): SharedHost[] {
  const current = host.current();
  return current === null ? [] : [{ ...current, status: host.status() }];
}
