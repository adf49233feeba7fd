import { endPrograms, say } from './steps.mjs';

/**
 * Lets Ctrl-C end the set-up with a message and exit code 0. The next start repeats an unfinished step, because its stamp
 * is missing.
 */
export function endSetUpOnSignals() {
  let isEnding = false;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // This process has become the server, which handles signals itself.
      if (isEnding || process.listenerCount(signal) > 1) return;
      isEnding = true;
      say('\nStopped before Artemis was ready. The next start continues from here.');
      void endPrograms().then(() => process.exit(0));
    });
  }
}
