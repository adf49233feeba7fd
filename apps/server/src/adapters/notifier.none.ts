import type { Notifier } from '../domain/ports.ts';

/** Nobody asked to be told. */
export function createSilentNotifier(): Notifier {
  return { notify: () => Promise.resolve(), close: () => Promise.resolve() };
}
