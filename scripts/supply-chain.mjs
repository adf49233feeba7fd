// `pnpm supply-chain audit | licences | sbom`: what runs with the server, what is known against it, on what terms.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { productionPackages } from './lockfile.mjs';
import { repositoryDir, run, say } from './steps.mjs';

/** Terms under which a package may be part of a program with the MIT licence. */
export const ALLOWED_LICENSES = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
];
const LICENCES_PAGE = 'docs/licences.md';

/** The page of licences as it must be. @param {Awaited<ReturnType<typeof productionPackages>>} packages */
export function licencesPage(packages) {
  const everywhere = packages.filter(({ isForSomeSystems }) => !isForSomeSystems);
  const rows = everywhere.map(({ name, version, license }) => [name, version, license ?? '?']);
  const widths = [0, 1, 2].map((column) =>
    Math.max(
      ...[['Package', 'Version', 'Licence'], ...rows].map((row) => row[column]?.length ?? 0),
    ),
  );
  /** @param {readonly string[]} row */
  const line = (row) =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const table = [
    line(['Package', 'Version', 'Licence']),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
  ];
  return `# Licences

Artemis has the MIT licence. What runs with the server or is part of the page, written by \`pnpm supply-chain licences\`:

${table.join('\n')}

Besides these, ${packages.length - everywhere.length} packages of the same origin hold the part of \`@napi-rs/nice\` or \`deno\` for one system each (MIT). Nothing here is changed by us.

Not part of Artemis, but started by it: yt-dlp (Unlicense), Python (PSF), ffmpeg (LGPL or GPL, as it was built), and Deno (MIT) with
meriyah (ISC) and astring (MIT) for the challenges of YouTube, each under its own licence. They are installed on your computer and not given on with Artemis.
`;
}

/** CycloneDX 1.6. @param {Awaited<ReturnType<typeof productionPackages>>} packages */
export async function billOfMaterials(packages) {
  /** @type {{ name: string, version: string }} */
  const own = JSON.parse(await readFile(join(repositoryDir, 'package.json'), 'utf8'));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: new Date().toISOString(),
      component: { type: 'application', name: own.name, version: own.version },
    },
    components: packages.map(({ name, version, integrity, license }) => {
      const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
      const content = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
      return {
        type: 'library',
        'bom-ref': purl,
        name,
        version,
        purl,
        hashes: [{ alg: 'SHA-512', content }],
        ...(license === null ? {} : { licenses: [{ license: { id: license } }] }),
      };
    }),
  };
}

/** Fails for a known hole of the grades high and critical. Needs the registry. */
async function audit() {
  const [program = '', ...args] = ['npx', '--yes', await pnpmName()];
  const { exitCode, output } = await run(program, [
    ...args,
    ...['audit', '--prod', '--audit-level', 'high'],
  ]);
  process.stdout.write(output);
  process.exitCode = exitCode === 0 ? 0 : 1;
}

async function pnpmName() {
  /** @type {{ packageManager: string }} */
  const { packageManager } = JSON.parse(
    await readFile(join(repositoryDir, 'package.json'), 'utf8'),
  );
  return packageManager.split('+')[0] ?? 'pnpm';
}

async function main(what = '') {
  if (what === 'audit') return audit();
  const packages = await productionPackages();
  if (what === 'licences') {
    await writeFile(join(repositoryDir, LICENCES_PAGE), licencesPage(packages));
    say(`${packages.length} packages are in ${LICENCES_PAGE}.`);
  } else if (what === 'sbom') {
    process.stdout.write(`${JSON.stringify(await billOfMaterials(packages), null, 2)}\n`);
  } else {
    say('Say what: pnpm supply-chain audit, licences or sbom.');
    process.exitCode = 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2]);
