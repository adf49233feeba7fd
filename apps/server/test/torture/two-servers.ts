import { createServerHome, StartError } from '../integration/server-process.ts';
import { createVerdict, times, type Scenario } from './scenario.ts';

export const twoServers: Scenario = {
  name: 'two-servers',
  about: 'two servers start on one data folder at the same moment, after one was killed there',
  seconds: 40,
  async run(context) {
    const one = createVerdict('one of them runs, the other ends with 75');
    for (let round = 0; round < times(context, 5) && !context.isOver(); round += 1) {
      const home = await createServerHome();
      try {
        const first = await home.start();
        await first.stop('SIGKILL');
        const results = await Promise.allSettled([home.start(), home.start()]);
        const codes = results.flatMap((result) =>
          result.status === 'rejected' && result.reason instanceof StartError
            ? [result.reason.exitCode]
            : [],
        );
        one.check(codes.length === 1 && codes[0] === 75, `ended: ${codes.join() || 'none'}`);
      } finally {
        await home.remove();
      }
    }
    return [one.read()];
  },
};
