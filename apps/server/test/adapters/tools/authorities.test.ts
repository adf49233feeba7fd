import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeAuthorities } from '../../../src/adapters/tools/authorities.ts';
import { startRefusalOf } from '../../../src/start-refusal.ts';
import { AUTHORITY_FILE } from '../../origin/youtube/fake-youtube.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'authorities-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

it('joins the certificates of CA_FILE with those of the system, without keys', async () => {
  const folder = await temporaryFolder();
  const own = join(folder, 'own.pem');
  const certificate = (await readFile(AUTHORITY_FILE, 'utf8')).trim();
  await writeFile(
    own,
    `-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n${certificate}\n`,
  );
  const text = await readFile(await writeAuthorities(own, folder), 'utf8');
  expect(text).toContain(certificate);
  expect(text.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(1);
  expect(text).not.toContain('c2VjcmV0');
});

it('refuses the start when the file is missing or holds no certificate', async () => {
  const folder = await temporaryFolder();
  const empty = join(folder, 'empty.pem');
  await writeFile(empty, '-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n');
  for (const path of [empty, join(folder, 'absent.pem')]) {
    const error: unknown = await writeAuthorities(path, folder).catch((thrown: unknown) => thrown);
    expect(startRefusalOf(error)).toMatchObject({ exitCode: 78 });
    expect(startRefusalOf(error)?.sentence).toContain('CA_FILE');
  }
});
