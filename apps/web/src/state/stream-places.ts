/**
 * Streams of all windows of this browser together. It has six connections to a server of HTTP/1.1, and windows that wait
 * for one show nothing at all.
 */
const PLACES = 3;

/** Whether windows can agree on them: browsers have locks at https and on this computer alone. */
export function hasPlaces(): boolean {
  return 'locks' in navigator;
}

/**
 * Does the work in a place of its own. Where windows cannot agree, the one that a person works in has the only place.
 * @returns false: none is free, and nothing was done
 */
export async function inPlace(work: () => Promise<void>): Promise<boolean> {
  if (!hasPlaces()) {
    if (!document.hasFocus()) return false;
    await work();
    return true;
  }
  for (let place = 0; place < PLACES; place += 1) {
    const isDone = await navigator.locks.request(
      `artemis:stream-${place}`,
      { ifAvailable: true },
      async (lock) => {
        if (lock !== null) await work();
        return lock !== null;
      },
    );
    if (isDone) return true;
  }
  return false;
}
