import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

/** Files in which systems keep the certificates of trusted authorities. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/** CA_FILE cannot be read or contains no certificate. */
export class AuthoritiesError extends Error {
  override readonly name = 'AuthoritiesError';
}

/**
 * Writes a file with the authorities of the system and of `caFile`, for programs that accept only one file instead of the
 * system's. It is in the data folder, where only this server writes. Resolves to its path.
 *
 * @throws {AuthoritiesError}
 */
export async function writeAuthorities(caFile: string, dataDir: string): Promise<string> {
  const extra = await certificatesIn(caFile);
  const path = join(dataDir, 'authorities.pem');
  await mkdir(dataDir, { recursive: true });
  await writeFile(path, `${await systemAuthorities()}\n${extra}`, { mode: 0o600 });
  return path;
}

/** Reads only the certificates: a key in the same file must not be copied. */
async function certificatesIn(path: string): Promise<string> {
  const text = await readFile(path, 'latin1').catch(() => '');
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0 || !found.every(isCertificate)) {
    throw new AuthoritiesError(
      'Artemis cannot start: CA_FILE must be a readable file with certificates in PEM format.',
    );
  }
  return `${found.join('\n')}\n`;
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== '';
  } catch {
    return false;
  }
}

async function systemAuthorities(): Promise<string> {
  for (const path of SYSTEM_FILES) {
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  return rootCertificates.join('\n');
}
