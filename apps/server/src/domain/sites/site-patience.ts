/** How often in a row each site has sent us away: it is left alone longer each time. */
export interface SitePatience {
  /**
   * One more attempt was sent away. Attempts that began before the site last did so tell nothing new.
   * @returns how often in a row, from 1
   */
  sentAway(host: string, startedAtMs: number, nowMs: number): number;
  /** A download from there has ended well. */
  welcomed(host: string): void;
}

export function createSitePatience(): SitePatience {
  const sites = new Map<string, { readonly times: number; readonly atMs: number }>();
  return {
    sentAway(host, startedAtMs, nowMs) {
      const known = sites.get(host);
      if (known && startedAtMs < known.atMs) return known.times;
      const times = (known?.times ?? 0) + 1;
      sites.set(host, { times, atMs: nowMs });
      return times;
    },
    welcomed: (host) => void sites.delete(host),
  };
}
