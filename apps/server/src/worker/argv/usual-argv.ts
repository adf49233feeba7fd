import { DEFAULT_SELECTION } from '@artemis/contracts';
import type { ArgvContext } from './argv-row.ts';
import { argvOf } from './argv.ts';
import { planOf } from '../plan/plan.ts';

/** Of the random word of a run, in hexadecimal digits. `engine/usual_options.py` knows it as well. */
export const NONCE_BYTES = 12;

/**
 * The command lines of a download for which nothing was chosen, by https and by http, without the link and with zeros
 * for the random word. The engine host reads them beforehand.
 */
export function usualArgvs(engine: ArgvContext['engine']): readonly (readonly string[])[] {
  const plan = planOf(DEFAULT_SELECTION);
  return [true, false].map((isTlsVerifiedByFfmpeg) =>
    argvOf({
      url: '',
      plan,
      nonce: '00'.repeat(NONCE_BYTES),
      engine,
      isProxyForAll: false,
      isTlsVerifiedByFfmpeg,
    }).slice(0, -1),
  );
}
