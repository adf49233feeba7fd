/** What the telemetry said last of one worker. */
export interface WorkerSlot {
  readonly slot: number;
  readonly download_id: string | null;
}

/**
 * Who is shown on each track, in the order of `slots`. The list of what runs may be a look ahead of the telemetry or
 * behind it: who has come since takes a free track and keeps it until the telemetry names another, so that nothing jumps.
 * `before` is the last answer. Ids that find no track are not in it.
 */
export function seatTracks(
  slots: readonly WorkerSlot[],
  running: readonly string[],
  before: readonly (string | null)[],
): readonly (string | null)[] {
  const unseated = new Set(running);
  const seats = slots.map(({ download_id: id }) =>
    id !== null && unseated.delete(id) ? id : null,
  );
  before.forEach((id, index) => {
    if (id !== null && seats[index] === null && unseated.delete(id)) seats[index] = id;
  });
  return seats.map((seat) => {
    if (seat !== null) return seat;
    const [next] = unseated;
    if (next === undefined) return null;
    unseated.delete(next);
    return next;
  });
}
