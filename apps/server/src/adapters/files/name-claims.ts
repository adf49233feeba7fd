import { join } from 'node:path';
import { lstatOrNull } from './file-moves.ts';

export const MOST_NAME_TRIES = 1000;

/** A number for the names of one publication, and the paths that are held for it; none: each file finds its own. */
export interface NameClaim {
  readonly number: number;
  readonly targets: readonly string[];
}

export const NO_CLAIM: NameClaim = { number: 1, targets: [] };

/**
 * Takes the first number under which all of them are free, and puts their paths among those that are claimed, in one
 * step: what belongs together has one name, and no other publication gets in between. The caller gives them back.
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
