import { join } from 'node:path';
import { lstatOrNull } from './file-moves.ts';

export const MOST_NAME_TRIES = 1000;

/** The number in the names of one publication, and the paths that are reserved for it. Without paths, each file finds its own number. */
export interface NameClaim {
  readonly number: number;
  readonly targets: readonly string[];
}

export const NO_CLAIM: NameClaim = { number: 1, targets: [] };

/**
 * Finds the first number for which all paths are free, and adds the paths to `claimed`. There is no `await` between the last
 * check and the claim, so that no other publication gets in between. The caller releases the paths.
 */
export async function claimTogether(
  claimed: Set<string>,
  folder: string,
  base: string,
  suffixes: readonly string[],
): Promise<NameClaim> {
  for (let number = 1; number < MOST_NAME_TRIES; number += 1) {
    const targets = suffixes.map((suffix) => join(folder, numbered(base, number) + suffix));
    const found = await Promise.all(targets.map((target) => lstatOrNull(target).catch(() => null)));
    const isFree = found.every((entry) => entry === null);
    if (!isFree || targets.some((target) => claimed.has(target))) continue;
    for (const target of targets) claimed.add(target);
    return { number, targets };
  }
  return NO_CLAIM;
}

export function numbered(base: string, number: number): string {
  return number === 1 ? base : `${base} (${number})`;
}
