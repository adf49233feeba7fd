/** Entries whose text holds the letters of `query` in order, the closest first. An empty query keeps all. */
export function rankFuzzy<T>(
  entries: readonly T[],
  query: string,
  textOf: (entry: T) => string,
): T[] {
  const needle = query.trim().toLowerCase();
  if (needle === '') return [...entries];
  const scored: { entry: T; score: number }[] = [];
  for (const entry of entries) {
    const score = scoreOf(textOf(entry).toLowerCase(), needle);
    if (score !== null) scored.push({ entry, score });
  }
  return scored.sort((a, b) => b.score - a.score).map(({ entry }) => entry);
}

function scoreOf(text: string, needle: string): number | null {
  const whole = text.indexOf(needle);
  if (whole >= 0) return 1000 - whole + (isWordStart(text, whole) ? 500 : 0) - text.length / 100;
  let score = 0;
  let at = -1;
  for (const letter of needle) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return null;
    score += isWordStart(text, next) ? 10 : next === at + 1 ? 6 : 1;
    at = next;
  }
  return score - text.length / 100;
}

function isWordStart(text: string, at: number): boolean {
  return at === 0 || /[\s\-_/.,:(“"]/.test(text.charAt(at - 1));
}
