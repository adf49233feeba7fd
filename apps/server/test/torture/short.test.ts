import { expect, it } from 'vitest';
import { clockJumps } from './clock-jumps.ts';
import { fragments } from './fragments.ts';
import { ioErrors } from './io-errors.ts';
import { createRandom } from './random.ts';
import { twoServers } from './two-servers.ts';

// The long form, with all scenarios: pnpm torture.
it.each([ioErrors, twoServers, clockJumps, fragments])(
  'keeps its promises: $name',
  async (scenario) => {
    const verdicts = await scenario.run({
      random: createRandom(20_261_122),
      scale: 0.1,
      say: () => undefined,
      isOver: () => false,
    });
    for (const { promise, checked, broken } of verdicts) {
      expect({ promise, broken }).toEqual({ promise, broken: [] });
      expect(checked).toBeGreaterThan(0);
    }
  },
  240_000,
);
