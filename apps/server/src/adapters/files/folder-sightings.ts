import { readFile } from 'node:fs/promises';
import { Type, type Static } from '@sinclair/typebox';
import { readStored, shapeCheck } from '../../stored.ts';
import { writeDurably } from './durable-file.ts';

const Sighting = Type.Object({
  /** Modification time of the folder at that look; a different one means that the folder was used since. */
  mtimeMs: Type.Number(),
  passedMs: Type.Number(),
});
type Sighting = Static<typeof Sighting>;

const NamedSighting = Type.Tuple([Type.String(), Sighting]);

/** A look at all folders. */
export interface Look {
  readonly passedMs: number;
  /** Time since the first look that found the folder unchanged; 0 when this look is the first. */
  ageMs(name: string, mtimeMs: number): number;
  /** Forgets folders that this look did not ask for; durable when resolved. */
  end(): Promise<void>;
}

/** Knows since when folders are unchanged, from looks of our own: the times of the folders come from a clock that may be wrong. */
export interface FolderSightings {
  /** @param passedMs time that is known to have passed by now */
  begin(passedMs: number): Look;
}

/** Starts anew when the file cannot be read, which only keeps folders longer. */
export async function openFolderSightings(path: string): Promise<FolderSightings> {
  let known = await parse(await readFile(path, 'utf8').catch(() => ''));
  let text = serialised(known);

  return {
    begin(passedMs) {
      const seen = new Map<string, Sighting>();
      return {
        passedMs,
        ageMs(name, mtimeMs) {
          const before = known.get(name);
          const isSame = before?.mtimeMs === mtimeMs && before.passedMs <= passedMs;
          const sighting = isSame ? before : { mtimeMs, passedMs };
          seen.set(name, sighting);
          return passedMs - sighting.passedMs;
        },
        async end() {
          known = seen;
          if (serialised(known) === text) return;
          await writeDurably(path, serialised(known), 0o600);
          text = serialised(known);
        },
      };
    },
  };
}

function serialised(sightings: ReadonlyMap<string, Sighting>): string {
  return `${JSON.stringify([...sightings])}\n`;
}

async function parse(text: string): Promise<ReadonlyMap<string, Sighting>> {
  const entries = (await readStored(Type.Array(Type.Unknown()), text)) ?? [];
  return new Map(entries.filter(await shapeCheck(NamedSighting)));
}
