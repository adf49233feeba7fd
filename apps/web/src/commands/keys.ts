/** The name of a pressed key as commands write it: `Ctrl+K`, `Shift+R`, `?`, `ArrowDown`. */
export function keyName(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  const isLetter = /^[a-z]$/i.test(event.key);
  // The shift of `?` is part of the character; of a letter or a named key it is a modifier.
  if (event.shiftKey && (isLetter || event.key.length > 1)) parts.push('Shift');
  const key = event.key === ' ' ? 'Space' : event.key;
  parts.push(isLetter && parts.length > 0 ? key.toUpperCase() : key);
  return parts.join('+');
}

/** Single characters and sequences of them have an off switch, because a voice or a stray hand can press them. */
export function isSingleKey(keys: string): boolean {
  return !/^(Ctrl|Alt)\+/.test(keys) && !/^(Shift\+)?[A-Z][a-z]{2,}$/.test(keys);
}

export function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches(
        'textarea, select, input:not([type="checkbox"], [type="radio"], [type="button"])',
      ))
  );
}
