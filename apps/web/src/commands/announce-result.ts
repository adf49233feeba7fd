import type { SendResult } from '../state/outbox.svelte.ts';
import type { Toasts } from '../state/toasts.svelte.ts';
import type { FirstWords } from '../text/dictionary.ts';

/** Says what became of the links that were sent. */
export function announceResult(result: SendResult, t: FirstWords, toasts: Toasts): void {
  const parts: string[] = [];
  const added = result.taken - result.duplicates;
  if (added > 0) parts.push(t.intakeAdded(added));
  if (result.duplicates > 0) parts.push(t.intakeDuplicates(result.duplicates));
  if (result.kept > 0) parts.push(t.intakeKept(result.kept));
  if (parts.length > 0) toasts.show(parts.join(' '));
}
