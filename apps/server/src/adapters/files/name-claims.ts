import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lstatOrNull } from './file-moves.ts';

export const MOST_NAME_TRIES = 1000;

/** A name that belongs to one publication until it is released. */
export interface NameClaim {
  /** In the names of all its files. */
  readonly number: number;
  release(): void;
}

export interface WantedNames {
  /** Resolves with the folder, which exists then. */
  readonly folder: () => Promise<string>;
  readonly base: string;
  /** Of all files of the publication. */
  readonly suffixes: readonly string[];
  /** No other download has this base. */
  readonly isUnique: boolean;
  /** Files of the same download that are in the folder already. */
  readonly earlier: readonly { readonly path: string; readonly suffix: string }[];
}

/** Finds names under which no file is taken for a file of another download: players find subtitles and pictures by name. */
export interface NameClaims {
  /**
   * Claims the first number under which the folder has no file that would be taken for one of these, and none of these for one
   * that is there. Media alone may stand beside media with another extension. Claims of one name wait for each other.
   */
  claim(wanted: WantedNames): Promise<NameClaim>;
}

const BESIDE_MEDIA =
  /^(-\d{2,}\.\w{1,5}|(\.[\w-]{1,35})?\.(vtt|srt|ass|ssa|lrc)|\.info\.json|\.(jpe?g|png|webp))$/;
const PLAIN = /^\.\w{1,5}$/;

export function createNameClaims(): NameClaims {
  const held = new Map<string, Promise<void>>();

  function hold(name: string): () => void {
    let end = (): void => undefined;
    held.set(name, new Promise((resolve) => (end = resolve)));
    return () => {
      held.delete(name);
      end();
    };
  }

  return {
    async claim({ folder: findFolder, base, suffixes, isUnique, earlier }) {
      const [known] = earlier.flatMap(({ path, suffix }) => numberIn(path, base, suffix) ?? []);
      if (isUnique || known !== undefined) return { number: known ?? 1, release: () => undefined };
      const folder = await findFolder();
      let names = await readdir(folder);
      for (let number = 1; number < MOST_NAME_TRIES; number += 1) {
        const name = numbered(base, number);
        if (isTaken(names, name, suffixes)) continue;
        const path = join(folder, name);
        for (let other = held.get(path); other !== undefined; other = held.get(path)) await other;
        const release = hold(path);
        // Read again: another publication may have ended meanwhile.
        names = await readdir(folder);
        const areFree = await Promise.all(suffixes.map((suffix) => isFree(path + suffix)));
        if (!isTaken(names, name, suffixes) && !areFree.includes(false)) return { number, release };
        release();
      }
      return { number: 1, release: () => undefined };
    },
  };
}

function isTaken(names: readonly string[], name: string, suffixes: readonly string[]): boolean {
  const [only] = suffixes.length === 1 ? suffixes : [];
  return names.some((other) => {
    if (!other.startsWith(name)) return false;
    const rest = other.slice(name.length);
    return BESIDE_MEDIA.test(rest) || (PLAIN.test(rest) && (only === undefined || only === rest));
  });
}

/** Asked as well as the list of names: a file system may not distinguish upper from lower case. */
async function isFree(path: string): Promise<boolean> {
  return (await lstatOrNull(path).catch(() => null)) === null;
}

export function numbered(base: string, number: number): string {
  return number === 1 ? base : `${base} (${number})`;
}

/** The number in the name of a file that was published under this base; null: it has another base. */
function numberIn(path: string, base: string, suffix: string): number | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === base + suffix) return 1;
  if (!name.startsWith(`${base} (`) || !name.endsWith(`)${suffix}`)) return null;
  const digits = name.slice(base.length + 2, name.length - suffix.length - 1);
  return /^[1-9]\d{0,3}$/.test(digits) ? Number(digits) : null;
}
