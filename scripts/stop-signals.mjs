import { endPrograms, say } from './steps.mjs';

/**
 * Lets Ctrl-C end the set-up with a word and the exit code 0. What was half done is done again by the next start,
 * because its stamp is missing.
 */
export function endSetUpOnSignals() {
  let isEnding = false;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // The server, which this process becomes, listens itself by then.
      if (isEnding || process.listenerCount(signal) > 1) return;
      isEnding = true;
      say('\nStopped before Artemis was ready. The next start goes on from here.');
      void endPrograms().then(() => process.exit(0));
    });
  }
}
