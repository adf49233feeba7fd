import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { productionPackages } from '../lockfile.mjs';
import { repositoryDir } from '../steps.mjs';
import { ALLOWED_LICENSES, billOfMaterials, licencesPage } from '../supply-chain.mjs';

it('every shipped package has an allowed licence and is on the page of licences', async () => {
  const packages = await productionPackages();
  expect(packages.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['fastify', 'piscina', 'svelte']),
  );
  expect(packages.map(({ name }) => name)).not.toContain('vitest');
  for (const { name, license, isForSomeSystems } of packages) {
    if (license === null) expect(isForSomeSystems, name).toBe(true);
    else expect({ name, isAllowed: isAllowed(license) }).toEqual({ name, isAllowed: true });
  }
  const page = await readFile(join(repositoryDir, 'docs/licences.md'), 'utf8');
  // Out of date: pnpm supply-chain licences
  expect(page).toBe(licencesPage(packages));
});

it('a bill of materials names each package with its checksum', async () => {
  const packages = await productionPackages();
  const { components } = await billOfMaterials(packages);
  expect(components).toHaveLength(packages.length);
  for (const { purl, hashes } of components) {
    expect(purl).toMatch(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+/);
    expect(hashes[0]?.content).toMatch(/^[0-9a-f]{128}$/);
  }
});

/** @param {string} license */
function isAllowed(license) {
  const choices = license.replaceAll(/[()]/g, '').split(' OR ');
  return choices.some((choice) => ALLOWED_LICENSES.includes(choice));
}
