import { randomUUID } from 'node:crypto';
import { Download, parseUrl } from '@artemis/contracts';
import { Type, type TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import { BLANK_RECORD } from '../../domain/blank-record.ts';
import type { HistoryContent, IdempotencyEntry } from '../../domain/ports.ts';
import type { KeptRecord, Tally } from '../../domain/tally.ts';
import { OWN_SCHEMA } from '../../own-schema.ts';

const HISTORY_VERSION = 1;
/** The newest changes may lie in the journal beside: an Artemis that does not know it refuses a version above 1. */
const JOURNALED_VERSION = 1.1;

/**
 * The first bytes of a file. Those with a journal are of one length, and differ in one byte: a file of any size goes from one to
 * the other by a write that cannot be torn. 1.0 is 1 to every reader of JSON.
 */
export const HEADS = {
  plain: `{"version":${HISTORY_VERSION},`,
  closed: `{"version":${HISTORY_VERSION}.0,`,
  journaled: `{"version":${JOURNALED_VERSION},`,
} as const;

const StoredIdempotencyEntry = Type.Object({
  key: Type.String(),
  bodyHash: Type.String(),
  downloadIds: Type.Array(Type.String()),
  duplicateIds: Type.Array(Type.String()),
  at: Type.String(),
});
const KNOWN_FIELDS = Object.keys(Download.properties);
const REQUIRED_FIELDS = Object.keys(BLANK_RECORD).concat('id', 'url', 'created_at', 'updated_at');

const Count = Type.Integer({ minimum: 0 });
const StoredTally = Type.Object({
  begun_at: Count,
  counts_from: Count,
  furthest_bytes: Count,
  interruptions: Count,
  deaths: Count,
  looks: Count,
} satisfies Record<keyof Tally, TSchema>);

/** As in requests, and not by TypeBox's own check: that counts an emoji as two, so that notes which were taken would be too long. */
const ajv = new Ajv({ ...OWN_SCHEMA, strict: true, allowUnionTypes: true });

/** Compiled for the first entry: a first start has none, and would wait for it. */
function checkOf<Value>(schema: TSchema): (value: unknown) => value is Value {
  let compiled: ValidateFunction<Value> | null = null;
  return (value): value is Value => (compiled ??= ajv.compile<Value>(schema))(value);
}

const isDownload = checkOf<Download>(Download);
const isTally = checkOf<Tally>(StoredTally);
const isIdempotencyEntry = checkOf<IdempotencyEntry>(StoredIdempotencyEntry);

/** A newer Artemis wrote the file; this version would lose the fields that it does not know. */
export class NewerHistoryError extends Error {
  override readonly name = 'NewerHistoryError';
}

export interface ParsedHistory extends HistoryContent {
  readonly seq: number;
  /** Number of entries that were left out because they are not records. */
  readonly unreadable: number;
}

/**
 * Reads the document, or a bare array of records (the older format). Missing fields get their defaults.
 * @throws when the text is not such a document
 */
export function parseHistory(text: string): ParsedHistory {
  const value: unknown = JSON.parse(text);
  const document = Array.isArray(value) ? { version: 0, downloads: value } : asObject(value);
  const version = document['version'];
  if (typeof version === 'number' && version > JOURNALED_VERSION) {
    throw new NewerHistoryError(
      `The history file has version ${version}; this Artemis reads up to ${HISTORY_VERSION}. Update Artemis, or move the file away.`,
    );
  }
  const raw = document['downloads'];
  if (!Array.isArray(raw)) throw new Error('no list of downloads');
  const ids = new Set<string>();
  const downloads = raw.flatMap((entry) => {
    const download = readRecord(entry);
    if (!download || ids.has(download.id)) return [];
    ids.add(download.id);
    return [download];
  });
  const seq = Number.isSafeInteger(document['seq']) ? Number(document['seq']) : 0;
  const idempotency = readIdempotency(document['idempotency']);
  return { downloads, idempotency, seq, unreadable: raw.length - downloads.length };
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  return value as Record<string, unknown>;
}

export function readIdempotency(value: unknown): IdempotencyEntry[] {
  return Array.isArray(value) ? value.filter((entry) => isIdempotencyEntry(entry)) : [];
}

/** Null for what is no record. A tally that cannot be read is left out. */
export function readRecord(entry: unknown): KeptRecord | null {
  if (typeof entry !== 'object' || entry === null) return null;
  const download = readDownload(entry);
  const { tally } = entry as { readonly tally?: unknown };
  return download && isTally(tally) ? { ...download, tally } : download;
}

function readDownload(entry: object): Download | null {
  const given = entry as Partial<Download>;
  if (typeof given.url !== 'string' || parseUrl(given.url) === null) return null;
  if (hasJustItsFields(given)) return isDownload(given) ? given : null;
  const createdAt = given.created_at ?? given.updated_at ?? new Date(0).toISOString();
  const known = Object.fromEntries(
    KNOWN_FIELDS.flatMap((key) => (key in given ? [[key, given[key as keyof Download]]] : [])),
  );
  const record = {
    ...BLANK_RECORD,
    id: randomUUID(),
    status: 'completed',
    progress: given.status === undefined || given.status === 'completed' ? 100 : 0,
    ...known,
    created_at: createdAt,
    updated_at: given.updated_at ?? createdAt,
  };
  return isDownload(record) ? record : null;
}

const knownFields = new Set(KNOWN_FIELDS);

/** What this version wrote needs no copy, of which there would be as many as records. */
function hasJustItsFields(given: object): boolean {
  for (const key in given) if (!knownFields.has(key)) return false;
  return REQUIRED_FIELDS.every((key) => key in given);
}
