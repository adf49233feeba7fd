const figure = new Intl.NumberFormat('en');

/** The form of a word that goes with a count, in English. */
export function plural(count: number, one: string, other: string): string {
  return count === 1 ? one : other;
}

/** A count with its thousands apart, in English. */
export function n(count: number): string {
  return figure.format(count);
}
