import { setTimeout as sleep } from 'node:timers/promises';
import { ROUNDS, type Row } from '../lib/bench.ts';
import { pssMb } from '../lib/processes.ts';

/** Long enough for the cold host to have made room for the warm one. */
const IDLE_MS = 3000;

/** A start with a build and found tools, and the memory of doing nothing. */
export const start: Row = {
  name: 'start',
  async run({ startArtemis }) {
    const startMs: number[] = [];
    const idleMb: number[] = [];
    const serverMb: number[] = [];
    await (await startArtemis()).stop();
    for (let round = 0; round < ROUNDS; round += 1) {
      const artemis = await startArtemis();
      startMs.push(artemis.startMs);
      await sleep(IDLE_MS);
      const hosts = artemis.engineProcesses();
      serverMb.push(pssMb([artemis.pid]));
      idleMb.push(pssMb([artemis.pid, ...hosts]));
      await artemis.stop();
    }
    return [
      { title: 'Start of the server → listening', unit: 'ms', ours: startMs, goal: 1000 },
      { title: 'Idle PSS of server and engine host', unit: 'MB', ours: idleMb, goal: 200 },
      { title: 'of this the server', unit: 'MB', ours: serverMb, goal: null },
    ];
  },
};
