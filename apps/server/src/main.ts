import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import closeWithGrace from 'close-with-grace';
import { destination, pino } from 'pino';
import { codeOf } from './error-code.ts';
import { lockDataFolder } from './adapters/files/data-folder.ts';
import { makeSettingsFolders } from './adapters/files/settings-folders.ts';
import { buildApp } from './app.ts';
import { compose } from './compose.ts';
import { loadConfig } from './config.ts';
import { startRefusalOf } from './start-refusal.ts';
import { createStopListener, STOP_SIGNALS, type StopSignal } from './stop-signals.ts';
import { misspelledSettings } from './misspellings.ts';

const STOP_LIMIT_MS = 15_000;
/** Signals of the processor: a JavaScript listener would return to the failing instruction, which fails again for ever. */
const FAULTS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const;

const repositoryRoot = resolve(import.meta.dirname, '../../..');

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Writes the log to stdout until nobody reads it any more, as after closing a terminal. Then writing stops, because sonic-boom
 * 4.2.1 would retry for ever at the end of the process, which would never end.
 */
function logOutput(): ReturnType<typeof destination> {
  const output = destination({ fd: 1, sync: false });
  const nothing = (): void => undefined;
  output.on('error', () => {
    Object.assign(output, { write: nothing, flush: nothing, flushSync: nothing, end: nothing });
  });
  return output;
}

function readDotEnv(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(resolve(repositoryRoot, '.env'), 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw error;
  }
}

/** An empty variable counts as not set, so that it does not hide the value in `.env`. */
function setVariables(): NodeJS.Dict<string> {
  return Object.fromEntries(Object.entries(process.env).filter(([, value]) => value?.trim()));
}

async function main(): Promise<void> {
  let unlock = (): void => undefined;
  let stop = (_signal: StopSignal): void => {
    say('Stopped before Artemis was ready.');
    unlock();
    process.exit(0);
  };
  const onSignal = createStopListener({
    stop: (signal) => stop(signal),
    // All child processes end with this process.
    hurry() {
      say('Stopping at once. The next start continues what was running.');
      unlock();
      process.exit(1);
    },
  });
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  // Writing to a closed terminal fails, which must not end the server.
  process.stderr.on('error', () => undefined);
  const dotEnv = readDotEnv();
  for (const line of misspelledSettings(Object.keys(dotEnv))) say(line);
  const config = loadConfig({ ...dotEnv, ...setVariables() }, repositoryRoot);
  makeSettingsFolders(config);
  unlock = lockDataFolder(config.dataDir);
  const logger = pino(
    {
      level: config.logLevel,
      redact: { paths: ['req.headers.authorization', 'proxyUrl', 'url'], censor: '…' },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    logOutput(),
  );
  const composition = await compose(config, logger, repositoryRoot, process.env['PATH'] ?? '');
  const app = await buildApp(composition.services, config, logger);

  const graceful = { delay: STOP_LIMIT_MS, skip: [...STOP_SIGNALS, ...FAULTS] };
  const grace = closeWithGrace(graceful, async ({ err }) => {
    if (err) logger.fatal({ err }, 'stopping after an unexpected error');
    await app.close();
    await composition.stop();
    unlock();
    logger.flush();
  });

  try {
    await composition.start();
    const address = await app.listen({ host: config.host, port: config.port });
    const shown = address.replace('[::]', '127.0.0.1').replace('0.0.0.0', '127.0.0.1');
    stop = (signal) => {
      logger.info({ signal }, 'stopping');
      void grace.close();
    };
    say(`Artemis is ready: ${shown}${config.basePath}`);
    composition.warmUp();
  } catch (error) {
    grace.uninstall();
    await composition.stop();
    unlock();
    throw error;
  }
}

await main().catch((error: unknown) => {
  const refusal = startRefusalOf(error);
  if (refusal === null) throw error;
  say(refusal.sentence);
  process.exit(refusal.exitCode);
});
