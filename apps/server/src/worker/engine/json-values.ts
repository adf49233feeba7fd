/** Readers for JSON that another process wrote, which may hold anything: what does not fit is null or empty. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** Null when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

export function fieldsOf(value: unknown): JsonFields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function stringsOf(value: unknown): string[] {
  return listOf(value).filter((one) => typeof one === 'string');
}

/** Null for infinite numbers too, which JSON can write (`1e999`). */
export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
