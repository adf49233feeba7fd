/** Copies text; resolves to false where the browser allows neither way. Call it from a press or a key. */
export async function copyText(text: string): Promise<boolean> {
  // Missing on plain http of a local network, whatever the type says.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard) {
    try {
      await clipboard.writeText(text);
      return true;
    } catch {
      // Refused, for instance without focus: the old way may still work.
    }
  }
  const field = document.createElement('textarea');
  field.value = text;
  field.readOnly = true;
  field.className = 'offscreen';
  const focused = document.activeElement;
  // An open modal dialog makes everything outside of it inert, also this field.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}

export function canReadClipboard(): boolean {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  return typeof clipboard?.readText === 'function';
}
