import type { LogLine } from '@artemis/contracts';

export interface HealthLine {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly name: string;
  readonly text: string;
  readonly remedy: string | null;
  /** Of words that are not in the language of the page. */
  readonly lang?: string | undefined;
  readonly remedyLang?: string | undefined;
}

/** A report for asking others. It contains no address of a download and no token. */
export function reportOf(
  checks: readonly HealthLine[],
  facts: readonly (readonly [string, string])[],
  lines: readonly LogLine[],
  userAgent: string,
): string {
  return [
    '## Artemis',
    ...checks.map((line) => `- [${line.state}] ${line.name}: ${line.text}`),
    '',
    ...facts.map(([name, fact]) => `- ${name}: ${fact}`),
    `- ${userAgent}`,
    '',
    '```',
    ...lines
      .slice(-50)
      .map(
        (line) => `${line.at} ${line.level} ${line.text.replaceAll(/https?:\/\/\S+/g, '<link>')}`,
      ),
    '```',
    '',
  ].join('\n');
}

const EXAMPLE = 'https://example.org/watch';

export function curlOf(origin: string): string {
  return `curl -X POST ${origin}/api/v1/downloads -H 'content-type: application/json' -d '${JSON.stringify({ url: EXAMPLE })}'`;
}

export function fetchOf(origin: string): string {
  return `await fetch('${origin}/api/v1/downloads', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ url: '${EXAMPLE}' }),
});`;
}

export function typescriptOf(origin: string): string {
  return `import { createClient } from '@artemis/contracts/client';

const client = createClient({ baseUrl: '${origin}' });
const { downloads } = await client.createDownloads({ url: '${EXAMPLE}' });
console.log(await client.waitFor(downloads[0].id));`;
}
