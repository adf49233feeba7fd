import { readFile } from 'node:fs/promises';
import { Type, type Static } from '@sinclair/typebox';
import { readStored, shapeCheck } from '../../stored.ts';
import { writeDurably } from './durable-file.ts';

const Sighting = Type.Object({
  /** As the folder had it then: another one tells that it was used since. */
  mtimeMs: Type.Number(),
  passedMs: Type.Number(),
});
type Sighting = Static<typeof Sighting>;

const NamedSighting = Type.Tuple([Type.String(), Sighting]);

/** One look at all folders. */
export interface Look {
  readonly passedMs: number;
  /** Since the first look that found the folder so; 0 for this one. */
  ageMs(name: string, mtimeMs: number): number;
  /** Forgets folders that were not asked for in this look; durable when resolved. */
  end(): Promise<void>;
}

/** Since when folders have been as they are, by looks of ours: their own times are of a clock that may be wrong. */
export interface FolderSightings {
  /** @param passedMs time that is known to have passed by now */
  begin(passedMs: number): Look;
}

/** One that cannot be read is begun anew: folders only stay longer. */
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
