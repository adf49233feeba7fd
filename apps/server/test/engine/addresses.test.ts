import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createAddressPolicy, type AddressTable } from '../../src/domain/links/address-policy.ts';
import { engineTools } from './engine-under-test.ts';

interface Entry {
  readonly address: string;
  readonly public: boolean;
}

const engineDir = resolve(import.meta.dirname, '../../engine');
const READER = `
import json, sys
sys.path.insert(0, sys.argv[1])
from addresses import is_public_address
entries = json.load(open(sys.argv[2], encoding='utf-8'))['entries']
print(json.dumps([{'address': entry['address'], 'public': is_public_address(entry['address'])} for entry in entries]))
`;

describe('the table of addresses', () => {
  it('is applied by Python as the corpus says', async () => {
    const { pythonPath } = await engineTools();
    const corpusPath = join(import.meta.dirname, 'addresses.corpus.json');
    const { stdout } = await promisify(execFile)(pythonPath, [
      '-I',
      '-B',
      '-c',
      READER,
      engineDir,
      corpusPath,
    ]);
    expect(JSON.parse(stdout)).toEqual(await corpus());
  });

  it('is applied by Node as the corpus says', async () => {
    const table = JSON.parse(
      await readFile(join(engineDir, 'addresses.json'), 'utf8'),
    ) as AddressTable;
    const isPublic = createAddressPolicy(table);
    const entries = await corpus();
    expect(entries.map(({ address }) => ({ address, public: isPublic(address) }))).toEqual(entries);
  });
});

async function corpus(): Promise<readonly Entry[]> {
  const path = join(import.meta.dirname, 'addresses.corpus.json');
  const { entries } = JSON.parse(await readFile(path, 'utf8')) as { entries: Entry[] };
  expect(entries.length).toBeGreaterThanOrEqual(120);
  return entries;
}
