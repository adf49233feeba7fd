// `pnpm supply-chain audit | licences | sbom`: known vulnerabilities and licences of the packages that we ship, and a bill of materials.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { productionPackages } from './lockfile.mjs';
import { repositoryDir, run, say } from './steps.mjs';

/** Licences of packages that may be part of a program with the MIT licence. */
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

/** The content of docs/licences.md. @param {Awaited<ReturnType<typeof productionPackages>>} packages */
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

Artemis has the MIT licence. These packages run with the server or are part of the page. \`pnpm supply-chain licences\` writes this list:

${table.join('\n')}

Besides these, ${packages.length - everywhere.length} packages contain \`@napi-rs/nice\` or \`deno\` for one system each (MIT). All are used unchanged.

Artemis starts these programs, but they are not part of it: yt-dlp (Unlicense), Python (PSF), ffmpeg (LGPL or GPL, depending on its build), and
Deno (MIT) with meriyah (ISC) and astring (MIT) for the challenges of YouTube. They are installed on your computer, not distributed with Artemis.
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

/** Fails for a known vulnerability of high or critical severity. Needs the registry. */
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
    say('Name what to do: pnpm supply-chain audit, licences or sbom.');
    process.exitCode = 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2]);
