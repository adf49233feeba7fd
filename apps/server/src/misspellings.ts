import { Environment, UNSUPPORTED } from './config.ts';

/** Variables that only the set-up reads. */
const OTHERS = ['ARTEMIS_SETUP'] as const;
const KNOWN: readonly string[] = [
  ...Object.keys(Environment.properties),
  ...Object.values(UNSUPPORTED).flat(),
  ...OTHERS,
];
/** Shorter names, such as HOST and PORT, are the beginning of many other variables. */
const SHORTEST_BEGINNING = 6;
/** A name may have one slip per this many characters. */
const CHARACTERS_FOR_A_SLIP = 4;

/**
 * A sentence for each variable of a `.env` that is not a setting but has nearly the name of one. Other variables may belong to
 * another program. Takes names only, because a value may be a secret.
 */
export function misspelledSettings(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    if (KNOWN.includes(name)) return [];
    const meant = closest(name);
    if (meant === null) return [];
    return [`.env: ${name} is not a setting of Artemis and has no effect. Did you mean ${meant}?`];
  });
}

function closest(name: string): string | null {
  const written = wordsOf(name);
  let best: { readonly known: string; readonly slips: number } | null = null;
  for (const known of KNOWN) {
    const slips = slipsOf(written, wordsOf(known));
    if (slips < (best?.slips ?? Infinity)) best = { known, slips };
  }
  return best?.known ?? null;
}

/**
 * Number of slips; infinite for a different name. A name that is the beginning of the other, or has the same words in another
 * order, counts as at most the allowed number.
 */
function slipsOf(written: readonly string[], known: readonly string[]): number {
  const [a, b] = [written.join(''), known.join('')];
  const most = Math.max(1, Math.floor(b.length / CHARACTERS_FOR_A_SLIP));
  const isLong = Math.min(a.length, b.length) >= SHORTEST_BEGINNING;
  const isBeginning = isLong && (a.startsWith(b) || b.startsWith(a));
  const isReordered = written.toSorted().join(' ') === known.toSorted().join(' ');
  const slips = slipsBetween(a, b);
  if (isBeginning || isReordered) return Math.min(most, slips);
  return slips <= most ? slips : Infinity;
}

/** The words of a name, without a leading ARTEMIS. */
function wordsOf(name: string): string[] {
  return name
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word !== '' && word !== 'ARTEMIS');
}

/** Number of missing, added, changed and swapped letters (optimal string alignment distance). */
function slipsBetween(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const changed = (row[j - 1] ?? 0) + (isSame ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed, swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
