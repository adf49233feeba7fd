import type { Status } from '@artemis/contracts';

/** The only legal moves. `completed` is final; the other ends are left by a person's retry. */
const MOVES: Readonly<Record<Status, readonly Status[]>> = {
  queued: ['running', 'paused', 'cancelled', 'failed'],
  running: ['completed', 'failed', 'cancelled', 'paused', 'queued'],
  paused: ['queued', 'cancelled'],
  failed: ['queued'],
  cancelled: ['queued'],
  completed: [],
};

export function canMove(from: Status, to: Status): boolean {
  return MOVES[from].includes(to);
}
