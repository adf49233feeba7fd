import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import closeWithGrace from 'close-with-grace';
import { destination, pino } from 'pino';
import { lockDataFolder } from './adapters/data-folder.ts';
import { buildApp } from './app.ts';
import { compose } from './compose.ts';
import { loadConfig } from './config.ts';
import { startRefusalOf } from './start-refusal.ts';

const STOP_LIMIT_MS = 15_000;

const repositoryRoot = resolve(import.meta.dirname, '../../..');

function say(text: string): void {
  process.stderr.write(`${text}\n`);
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

async function main(): Promise<void> {
  const config = loadConfig({ ...readDotEnv(), ...setVariables() }, repositoryRoot);
  const unlock = lockDataFolder(config.dataDir);
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
    services.warmUp();
  } catch (error) {
    grace.uninstall();
    await services.stop();
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
