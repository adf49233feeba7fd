import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const webDir = resolve(import.meta.dirname, '../../../web');

export interface FakeServerProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * The web app's own server for tests, which answers as the real one from records in memory and serves the built page:
 * `--queued 10000 --running 3 --completed 12 --failed 2 --tick 0 --broken --poll`.
 */
export async function startFakeServer(...args: readonly string[]): Promise<FakeServerProcess> {
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=@artemis/source', '--import', 'tsx'],
      ...['test/fake-server.ts', '--port', '0', ...args],
    ],
    { cwd: webDir, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await new Promise<string>((started, failed) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => started(text.trim()));
    child.once('exit', (code) => failed(new Error(`the fake server ended with ${code}`)));
  });
  return {
    url,
    stop: () =>
      new Promise((done) => {
        if (child.exitCode !== null || child.signalCode !== null) return done();
        child.once('exit', () => done());
        child.kill('SIGKILL');
      }),
  };
}
