let isAsked = false;

/**
 * Asks the browser to keep what this page stored, once it holds something that a person made. Without it the
 * browser may drop everything when it runs short. Missing on plain http of a local network.
 */
export function askToPersist(): void {
  if (isAsked) return;
  isAsked = true;
  const storage = navigator.storage as StorageManager | undefined;
  void storage?.persist?.().catch(() => false);
}

/** Null where the browser cannot say. */
export async function isPersisted(): Promise<boolean | null> {
  const storage = navigator.storage as StorageManager | undefined;
  return (await storage?.persisted?.().catch(() => null)) ?? null;
}
