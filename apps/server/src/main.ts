import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import closeWithGrace from 'close-with-grace';
import { destination, pino } from 'pino';
import { DataFolderInUseError, lockDataFolder } from './adapters/data-folder.ts';
import { NewerHistoryError } from './adapters/history-document.ts';
import { buildApp } from './app.ts';
import { compose } from './compose.ts';
import { ConfigError, loadConfig, type Config } from './config.ts';

/** Exit codes of sysexits.h, so that a supervisor can tell what does not mend itself. */
const EXIT_BAD_CONFIG = 78;
const EXIT_IN_USE = 75;
const STOP_LIMIT_MS = 15_000;

const repositoryRoot = resolve(import.meta.dirname, '../../..');

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function end(code: number, text: string): never {
  say(text);
  process.exit(code);
}

function readDotEnv(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(resolve(repositoryRoot, '.env'), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** An empty variable counts as not set, so it does not hide what `.env` says. */
function setVariables(): NodeJS.Dict<string> {
  return Object.fromEntries(Object.entries(process.env).filter(([, value]) => value?.trim()));
}

function readConfig(): Config {
  try {
    return loadConfig({ ...readDotEnv(), ...setVariables() }, repositoryRoot);
  } catch (error) {
    if (error instanceof ConfigError)
      end(EXIT_BAD_CONFIG, `Artemis cannot start: ${error.message}`);
    throw error;
  }
}

function lock(config: Config): () => void {
  try {
    return lockDataFolder(config.dataDir);
  } catch (error) {
    if (error instanceof DataFolderInUseError) end(EXIT_IN_USE, error.message);
    throw error;
  }
}

async function main(): Promise<void> {
  const config = readConfig();
  const unlock = lock(config);
  const logger = pino(
    {
      level: config.logLevel,
      redact: { paths: ['req.headers.authorization', 'proxyUrl', 'url'], censor: '…' },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination({ fd: 1, sync: false }),
  );
  const services = await compose(config, logger, repositoryRoot, process.env['PATH'] ?? '');
  const app = await buildApp(services, config, logger);

  const grace = closeWithGrace({ delay: STOP_LIMIT_MS }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'stopping after an unexpected error');
    else logger.info({ signal }, 'stopping');
    await app.close();
    await services.stop();
    unlock();
    logger.flush();
  });

  try {
    await services.start();
    const address = await app.listen({ host: config.host, port: config.port });
    const shown = address.replace('[::]', '127.0.0.1').replace('0.0.0.0', '127.0.0.1');
    say(`Artemis is ready: ${shown}${config.basePath}`);
  } catch (error) {
    grace.uninstall();
    await services.stop();
    unlock();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      end(
        1,
        `Port ${config.port} is taken or not allowed. Set PORT to another one, such as PORT=8501.`,
      );
    }
    throw error;
  }
}

await main().catch((error: unknown) => {
  if (error instanceof NewerHistoryError) end(EXIT_BAD_CONFIG, error.message);
  throw error;
});
