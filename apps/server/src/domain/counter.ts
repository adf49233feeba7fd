/** How often something has happened to each download. In memory only. */
export interface Counter {
  /** Once more; how often by now, from 1. */
  next(id: string): number;
  forget(id: string): void;
}

export function createCounter(): Counter {
  const counts = new Map<string, number>();
  return {
    next(id) {
      const count = (counts.get(id) ?? 0) + 1;
      counts.set(id, count);
      return count;
    },
    forget: (id) => void counts.delete(id),
  };
}
