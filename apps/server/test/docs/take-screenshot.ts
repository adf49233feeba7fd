/**
 * Takes the picture of README.md from a real server with downloads of the local origin. By hand, from apps/server and
 * after the page was built:
 * `node --conditions=@artemis/source --import tsx test/docs/take-screenshot.ts`
 */
import { existsSync } from 'node:fs';
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

const origin = await startOrigin();
const home = await createServerHome();
try {
  const server = await home.start({ EGRESS_ALLOW: origin.hostPort, MAX_PER_HOST: '4' });
  const titled = (path: string, title: string) =>
    `${origin.url}/page/video.html?${new URLSearchParams({ video: path, title }).toString()}`;
  const queue = (url: string, more: object = {}) =>
    server.client.createDownloads({ url, force: true, ...more });

  const ended = await Promise.all([
    queue(titled('/media/clip-720.mp4', 'A walk along the harbour')),
    queue(titled('/media/clip.webm', 'Sourdough, step by step'), { quality: '1080p' }),
    queue(titled('/media/audio.m4a', 'Evening concert'), {
      format_preset: 'Audio only',
      options: { audio_codec: 'mp3' },
    }),
    queue(titled('/fault/status/404/clip.mp4', 'A talk that is gone')),
  ]);
  for (const { downloads } of ended) await server.client.waitFor(downloads[0]?.id ?? '');
  for (const [title, speed, size] of [
    ['Mountain railway in winter', 900, 40_000_000],
    ['How a lighthouse lens works', 700, 20_000_000],
    ['Open-source news, week 47', 400, 9_000_000],
    ['A forest in four seasons', 600, 30_000_000],
    ['Old maps of the city', 500, 10_000_000],
  ] as const) {
    await queue(titled(`/padded.mp4?size=${size}&kib_per_s=${speed}&of=${title.length}`, title));
  }
  await eventually(async () => {
    const { downloads } = await server.client.listDownloads({ status: ['running'] });
    return downloads.length === 4 && downloads.every(({ progress }) => progress > 6);
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
  await origin.close();
}
