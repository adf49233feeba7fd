import type { Status } from '@artemis/contracts';

/**
 * The only legal moves. An end is left by a person's retry; a completed one for what is missing alone. For missing parts
 * it is completed again whatever becomes of them, also when that is cancelled before it has begun.
 */
const MOVES: Readonly<Record<Status, readonly Status[]>> = {
  queued: ['running', 'paused', 'completed', 'cancelled', 'failed'],
  running: ['completed', 'failed', 'cancelled', 'paused', 'queued'],
  paused: ['queued', 'completed', 'cancelled'],
  failed: ['queued'],
  cancelled: ['queued'],
  completed: ['queued'],
};

export function canMove(from: Status, to: Status): boolean {
  return MOVES[from].includes(to);
}
