import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCanary, type Canary } from '../origin/canary.ts';
import { startOrigin, type Origin } from '../origin/origin.ts';
import { downloadArgv, startEngine, TIERS, type EngineUnderTest } from './engine-under-test.ts';

const plugin = (origin: string, canary: string, stolen: string) => `
import socket
from yt_dlp.extractor.common import InfoExtractor

def outcome(work):
    try:
        work()
        return 'done'
    except BaseException as error:
        return type(error).__name__

class OwnersIE(InfoExtractor):
    _VALID_URL = r'https?://owners\\.example/(?P<id>[a-z]+)'

    def _real_extract(self, url):
        host, port = '${canary}'.split(':')
        self.to_screen('network ' + outcome(lambda: socket.create_connection((host, int(port)), 2)))
        self.to_screen('file ' + outcome(lambda: open('${stolen}', 'w')))
        return {'id': self._match_id(url), 'title': 'By a plugin', 'url': '${origin}/media/tiny.mp4'}
`;

let folder: string;
let origin: Origin;
let canary: Canary;
const engines = new Map<string, EngineUnderTest>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugins-'));
  [origin, canary] = await Promise.all([startOrigin(), startCanary()]);
  const modules = join(folder, 'owners', 'yt_dlp_plugins', 'extractor');
  await mkdir(modules, { recursive: true });
  const text = plugin(origin.url, `127.0.0.1:${canary.port}`, join(folder, 'written'));
  await writeFile(join(modules, 'owners.py'), text);
  await Promise.all(
    TIERS.map(async (tier) => engines.set(tier, await startEngine(tier, { pluginsDir: folder }))),
  );
});

afterAll(async () => {
  await Promise.all([...engines.values()].map((engine) => engine.close()));
  await Promise.all([origin.close(), canary.close()]);
  await rm(folder, { recursive: true });
});

function fetchWith(tier: string, ...options: readonly string[]) {
  const engine = engines.get(tier);
  if (engine === undefined) throw new Error(tier);
  return engine.run({
    argv: downloadArgv('https://owners.example/clip', ...options),
    egress: { allow: [new URL(origin.url).host], proxy: null },
  });
}

it.each(TIERS)(
  'a plugin of the owner reads its site within the limits of a download: %s',
  async (tier) => {
    const { exit, lines, folder: job } = await fetchWith(tier, '--plugin-dirs', folder);
    expect(exit.status, lines.join('\n')).toBe(0);
    expect(lines.join('\n')).toMatch(/network (?!done)\w+/);
    expect(lines.join('\n')).toMatch(/file (?!done)\w+/);
    expect(await readdir(job)).toContain('media.mp4');
    expect(canary.connections).toBe(0);
    expect(await readdir(folder)).toEqual(['owners']);
  },
);

it.each(TIERS)('no plugin is loaded without PLUGINS_DIR: %s', async (tier) => {
  const { exit, lines } = await fetchWith(tier);
  expect(exit.status).toBe(1);
  expect(lines.join('\n')).not.toContain('By a plugin');
});
