import { afterAll, beforeAll, expect, it } from 'vitest';
import { startOrigin, type Origin } from '../origin/origin.ts';
import {
  AUTHORITY_FILE,
  startFakeYouTube,
  type FakeYouTube,
} from '../origin/youtube/fake-youtube.ts';
import {
  createServerHome,
  eventually,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

let origin: Origin;
let site: FakeYouTube;
let home: ServerHome;
let server: ServerProcess;

beforeAll(async () => {
  [origin, site, home] = await Promise.all([
    startOrigin(),
    startFakeYouTube(Buffer.alloc(0)),
    createServerHome(),
  ]);
  server = await home.start({
    EGRESS_ALLOW: `${origin.hostPort},${site.hostPort}`,
    CA_FILE: AUTHORITY_FILE,
  });
}, 180_000);

afterAll(async () => {
  await home.remove();
  await Promise.all([origin.close(), site.close()]);
});

async function brokenSites() {
  return (await server.client.telemetry()).engine.broken_sites;
}

it('a site that changed is reported once, blocks only its own downloads, and continues on request', async () => {
  const { client } = server;
  site.isChanged = true;
  const changed = await client.createDownloads({
    urls: [1, 2, 3, 4, 5].map((n) => `https://www.youtube.com/watch?v=easyformat1&t=${n}s`),
    options: { proxy: site.proxyUrl, simulate: true },
  });
  const ids = changed.downloads.map(({ id }) => id);
  const all = () => Promise.all(ids.map(async (id) => (await client.getDownload(id)).download));
  await eventually(async () => (await all()).every(({ waiting_for: why }) => why === 'engine'));
  const other = await client.createDownloads({ url: `${origin.url}/media/tiny.mp4` });
  expect(await client.waitFor(other.downloads[0]?.id ?? '')).toMatchObject({ status: 'completed' });
  for (const download of await all()) {
    expect(download).toMatchObject({
      status: 'queued',
      attempt: 1,
      error: { code: 'SITE_CHANGED', retryable: true },
    });
  }
  expect(await brokenSites()).toMatchObject([{ site: 'youtube.com', waiting: 5 }]);
  const metrics = await fetch(`${server.baseUrl}/metrics`);
  const said = metrics.ok ? await metrics.text() : server.stdout();
  expect(said).toContain('\nartemis_broken_sites 1\n');
  site.isChanged = false;
  await client.resumeHost('www.youtube.com');
  for (const id of ids) {
    expect(await client.waitFor(id)).toMatchObject({ status: 'completed', attempt: 1 });
  }
  expect(await brokenSites()).toEqual([]);
  const { lines } = await client.log();
  expect(lines.filter(({ text }) => text.includes('fails for everybody'))).toHaveLength(1);
  expect(lines.some(({ text }) => text.startsWith('youtube.com works again'))).toBe(true);
}, 120_000);
