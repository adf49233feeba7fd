/** Saves records without end, several at once, and prints the id of each that is durable. */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createJsonFileHistory } from '../../../src/adapters/history.json-file.ts';
import { BLANK_RECORD } from '../../../src/domain/blank-record.ts';

const [path = '', dataDir = ''] = process.argv.slice(2);
const logger = { info: () => undefined, warn: console.error, error: console.error };
const store = createJsonFileHistory({ path, dataDir, logger, smallBytes: 8 * 1024 });
await store.load();

async function save(): Promise<never> {
  for (;;) {
    const at = new Date().toISOString();
    const id = randomUUID();
    const blank = { ...BLANK_RECORD, id, created_at: at, updated_at: at };
    await store.save({ put: [{ ...blank, url: 'https://a.example/', notes: 'n'.repeat(2000) }] });
    writeSync(1, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: 4 }, save));
