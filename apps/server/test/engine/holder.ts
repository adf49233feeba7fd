/** Opens one job and holds its connection, as a process of its own or as a thread, until somebody kills it. */
import { parentPort, workerData } from 'node:worker_threads';
import { openEngineJob, type EngineJobSpec } from '../../src/worker/engine/engine-connection.ts';

export interface HolderInput {
  readonly socketPath: string;
  readonly spec: EngineJobSpec;
}

const input = (workerData ?? JSON.parse(process.argv[2] ?? '')) as HolderInput;
const tell = (pid: number): void => {
  if (parentPort === null) process.stdout.write(`${pid}\n`);
  else parentPort.postMessage(pid);
};
openEngineJob(input.socketPath, input.spec, {
  onLine: () => undefined,
  onControl: (control) => {
    if (control.kind === 'started') tell(control.pid);
  },
});
