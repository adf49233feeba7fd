import { DEFAULT_SELECTION } from '@artemis/contracts';
import type { ArgvContext } from './argv-row.ts';
import { argvOf } from './argv.ts';
import { planOf } from '../plan/plan.ts';

/** Bytes of the random word of a run, which is written in hexadecimal digits. `engine/usual_options.py` has the same number. */
export const NONCE_BYTES = 12;

/**
 * The command lines of a download without any choice, for https and for http, without the link and with zeros for the random
 * word. The engine host parses these command lines before the first download.
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
