import type { SendResult } from '../state/outbox.svelte.ts';
import type { Toasts } from '../state/toasts.svelte.ts';
import type { FirstWords } from '../text/words.ts';

/** Says what became of the links that were sent. */
export function announceResult(result: SendResult, t: FirstWords, toasts: Toasts): void {
  const parts: string[] = [];
  const added = result.taken - result.duplicates;
  if (added > 0) parts.push(t.intakeAdded({ count: added }));
  if (result.duplicates > 0) parts.push(t.intakeDuplicates({ count: result.duplicates }));
  if (result.kept > 0) parts.push(t.intakeKept({ count: result.kept }));
  if (parts.length > 0) toasts.show(parts.join(' '));
}
