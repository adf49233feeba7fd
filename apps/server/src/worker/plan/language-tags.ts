/** Whether a tag answers a requested one: `pt` is also satisfied by `pt-BR`, and `pt-BR` and `pt_br` are the same. */
export function isOfLanguage(tag: string, requested: string): boolean {
  return plain(tag).startsWith(plain(requested));
}

function plain(tag: string): string {
  return `${tag.toLowerCase().replaceAll('_', '-')}-`;
}
