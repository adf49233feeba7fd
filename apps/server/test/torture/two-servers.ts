import { join } from 'node:path';
import {
  createServerHome,
  StartError,
  WITHOUT_ENGINE,
  type ServerProcess,
} from '../integration/server-process.ts';
import { createVerdict, times, type Scenario } from './scenario.ts';

export const twoServers: Scenario = {
  name: 'two-servers',
  about:
    'two servers start on one data folder, or on one downloads folder, at the same moment, after one was killed there',
  seconds: 80,
  async run(context) {
    const data = createVerdict('one of two in a data folder runs, the other ends with 75');
    const downloads = createVerdict(
      'one of two in a downloads folder runs, the other ends with 75',
    );
    for (let round = 0; round < times(context, 5) && !context.isOver(); round += 1) {
      const home = await createServerHome();
      try {
        const first = await home.start(WITHOUT_ENGINE);
        await first.stop('SIGKILL');
        const codes = await refusals([home.start(WITHOUT_ENGINE), home.start(WITHOUT_ENGINE)]);
        data.check(codes.join() === '75', `ended: ${codes.join() || 'none'}`);
        await home.stop('SIGKILL');
        const others = ['a', 'b'].map((name) =>
          home.start({
            ...WITHOUT_ENGINE,
            HISTORY_FILE: join(home.folder, name, 'downloads-history.json'),
          }),
        );
        const otherCodes = await refusals(others);
        downloads.check(otherCodes.join() === '75', `ended: ${otherCodes.join() || 'none'}`);
      } finally {
        await home.remove();
      }
    }
    return [data.read(), downloads.read()];
  },
};

/** Exit codes of the starts that ended. */
async function refusals(starts: readonly Promise<ServerProcess>[]): Promise<(number | null)[]> {
  return (await Promise.allSettled(starts)).flatMap((result) =>
    result.status === 'rejected' && result.reason instanceof StartError
      ? [result.reason.exitCode]
      : [],
  );
}
