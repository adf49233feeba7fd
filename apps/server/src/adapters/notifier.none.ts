import type { Notifier } from '../domain/ports.ts';

/** Sends no notifications. */
export function createSilentNotifier(): Notifier {
  return { notify: () => Promise.resolve(), close: () => Promise.resolve() };
}
