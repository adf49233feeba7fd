import type { Download } from '@artemis/contracts';

/** What is counted over the automatic runs of a download, since a person has asked for it. */
export interface Tally {
  /** `attempt` of the record when a person asked for it last. */
  readonly begun_at: number;
  /** Attempts after this one count towards `MAX_ATTEMPTS`. */
  readonly counts_from: number;
  /** Most that one attempt has brought. */
  readonly furthest_bytes: number;
  /** Attempts that the end of the engine host has cut off. */
  readonly interruptions: number;
  /** Attempts whose own processes have died. */
  readonly deaths: number;
  /** Looks that found the media not out yet. */
  readonly looks: number;
}

export const NO_TALLY: Tally = {
  begun_at: 0,
  counts_from: 0,
  furthest_bytes: 0,
  interruptions: 0,
  deaths: 0,
  looks: 0,
};

/** A record as a history keeps it: the tally is no part of what is answered. */
export type KeptRecord = Download & { readonly tally?: Tally };
