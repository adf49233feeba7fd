/**
 * Takes the picture of README.md from a real server with downloads of the local origin. By hand, from apps/server and
 * after the page was built:
 * `node --conditions=@artemis/source --import tsx test/docs/take-screenshot.ts`
 */
import { existsSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { createServerHome, eventually } from '../integration/server-process.ts';
import { startOrigin } from '../origin/origin.ts';
import { repositoryDir } from './markdown.ts';

const PICTURE = join(repositoryDir, 'docs/images/control-room.png');

function onPath(...names: string[]): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`none of ${names.join(', ')} is on PATH`);
  return found;
}

/** What the picture shows: the name that a file has on the site, and what of the origin stands for it. */
const ENDED = {
  'A walk along the harbour.mp4': '/media/clip-720.mp4',
  'Sourdough, step by step.webm': '/media/clip.webm',
  'A talk that is gone.mp4': '/fault/status/404/clip.mp4',
};
const AUDIO = { 'Evening concert.m4a': '/media/audio.m4a' };
const SLOW = {
  'Mountain railway in winter.mp4': '/padded.mp4?size=40000000&kib_per_s=900',
  'How a lighthouse lens works.mp4': '/padded.mp4?size=20000000&kib_per_s=1000',
  'A forest in four seasons.mp4': '/padded.mp4?size=60000000&kib_per_s=1500',
  'Old maps of the city.mp4': '/padded.mp4?size=30000000&kib_per_s=1000',
  'Open-source news, week 47.mp4': '/padded.mp4?size=9000000&kib_per_s=400',
};
const PATHS: Readonly<Record<string, string>> = { ...ENDED, ...AUDIO, ...SLOW };

const origin = await startOrigin();
const site = createServer((request, response) => {
  const path = PATHS[decodeURIComponent(request.url ?? '').slice(1)] ?? '/';
  const { headers, method } = request;
  const onward = httpRequest(origin.url + path, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  onward.end();
});
await new Promise<void>((listening) => site.listen(0, '127.0.0.1', listening));
const siteHost = `127.0.0.1:${(site.address() as AddressInfo).port}`;
const linksOf = (files: object) =>
  Object.keys(files).map((name) => `http://${siteHost}/${encodeURIComponent(name)}`);

const home = await createServerHome();
try {
  const server = await home.start({ EGRESS_ALLOW: siteHost, MAX_WORKERS: '2' });
  const { client } = server;
  const ended = [
    await client.createDownloads({ urls: linksOf(ENDED) }),
    await client.createDownloads({
      urls: linksOf(AUDIO),
      format_preset: 'Audio only',
      options: { audio_codec: 'mp3' },
    }),
  ];
  for (const { id } of ended.flatMap(({ downloads }) => downloads)) await client.waitFor(id);
  await client.createDownloads({ urls: linksOf(SLOW) });
  await eventually(async () => {
    const { downloads } = await client.listDownloads({ status: ['running'] });
    return downloads.length === 2 && downloads.every(({ progress }) => progress > 6);
  });

  const browser = await chromium.launch({
    executablePath: onPath('chromium', 'chromium-browser', 'google-chrome'),
    args: ['--no-sandbox'],
  });
  try {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      colorScheme: 'dark',
      reducedMotion: 'reduce',
    });
    await page.goto(server.baseUrl);
    await page.getByText('Mountain railway in winter').first().waitFor();
    // The figures of the top line come with the second poll.
    await page.waitForTimeout(4000);
    await page.screenshot({ path: PICTURE });
  } finally {
    await browser.close();
  }
} finally {
  await home.remove();
  site.closeAllConnections();
  site.close();
  await origin.close();
}
