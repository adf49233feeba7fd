import type { Sort } from '@artemis/contracts';
import { RequestError } from './errors.ts';

/** Ends with the age, so that no two records have the same key and a cursor names one place. */
export type SortKey = readonly (string | number)[];

/** Keeps a cursor below the limit of the contract, also when each character is escaped to six. */
export const TEXT_KEY_CHARACTERS = 50;

export function encodeCursor(sort: Sort, key: SortKey): string {
  return Buffer.from(JSON.stringify([sort, ...key])).toString('base64url');
}

/** @throws {RequestError} VALIDATION_FAILED for one that is not of this sort */
export function decodeCursor(cursor: string, sort: Sort): SortKey {
  const invalid = new RequestError('VALIDATION_FAILED', 'cursor is not one of this list.', {
    details: [{ path: '/cursor', message: 'is not one of this list' }],
  });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw invalid;
  }
  if (!Array.isArray(value) || value[0] !== sort) throw invalid;
  const key: unknown[] = value.slice(1);
  const isKey = key.every((part) => typeof part === 'string' || Number.isFinite(part));
  if (!isKey || key.length < 1 || key.length > 3) throw invalid;
  return key as SortKey;
}
