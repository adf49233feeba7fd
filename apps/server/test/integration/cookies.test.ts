import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateDownloads, Download } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin, type Origin } from '../origin/origin.ts';
import {
  createServerHome,
  descendantsOf,
  eventually,
  type ServerHome,
  type ServerProcess,
} from './server-process.ts';

const SITE = '127.0.0.1';
const GUEST = 'guest-0d41aa5be9';
const SECRET = 'member-3f9c1d77a2e84b06';
const cookiesFile = (value: string) =>
  `# Netscape HTTP Cookie File\n${SITE}\tFALSE\t/\tFALSE\t0\tsession\t${value}\n`;

let origin: Origin;
let elsewhere: Origin;
let home: ServerHome;
let server: ServerProcess;

beforeAll(async () => {
  origin = await startOrigin();
  elsewhere = await startOrigin({ host: 'localhost' });
  home = await createServerHome();
  server = await home.start({
    EGRESS_ALLOW: `${origin.hostPort},${elsewhere.hostPort}`,
    MAX_ATTEMPTS: '1',
    LOG_LEVEL: 'debug',
  });
}, 180_000);

afterAll(async () => {
  await home.remove();
  await origin.close();
  await elsewhere.close();
});

const finished = (id: string) => server.client.waitFor(id, { intervalMs: 30 });

async function download(url: string, rest: Partial<CreateDownloads> = {}): Promise<Download> {
  const { downloads } = await server.client.createDownloads({ url, force: true, ...rest });
  return finished(downloads[0]?.id ?? '');
}

const cookiesSentTo = ({ requests }: Origin) =>
  requests.flatMap(({ headers }) => headers.cookie ?? []);

function unlessGone(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return '';
}

/** The files of the server with this text in them; one that is renamed meanwhile is found by its new name. */
async function filesWith(text: string): Promise<string[]> {
  const entries = await eventually(() =>
    readdir(home.folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      unlessGone(error);
      return null;
    }),
  );
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const content = entry.isFile() ? await readFile(path).catch(unlessGone) : '';
    if (content.includes(text)) found.push(path);
  }
  return found.map((path) => path.slice(home.folder.length + 1));
}

/** The command lines that other users of the computer could read while `work` runs. */
async function commandsDuring(
  work: Promise<unknown>,
  onCommand: (command: string) => void = () => undefined,
): Promise<string[]> {
  const commands = new Set<string>();
  let isOver = false;
  void work.finally(() => (isOver = true));
  while (!isOver) {
    for (const { command } of await descendantsOf(server.child.pid ?? 0)) {
      commands.add(command);
      onCommand(command);
    }
    await new Promise((done) => setTimeout(done, 10));
  }
  return [...commands];
}

const LONG = { timeout: 180_000 };

describe('a download that needs a sign-in', LONG, () => {
  let failed: Download;

  it('fails as LOGIN_REQUIRED, whether the site answers 401 or 403', async () => {
    const answers = await Promise.all(
      [401, 403].map((status) => download(`${origin.url}/members/clip-360.mp4?status=${status}`)),
    );
    for (const { status, error } of answers) {
      expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'LOGIN_REQUIRED' });
      expect(error?.hint).toContain('cookies');
    }
    [failed] = answers as [Download, Download];
  });

  it('succeeds with one retry after working cookies were stored', async () => {
    const test = () => server.client.testCookies(SITE, { url: failed.url });
    await server.client.putCookies(SITE, cookiesFile(GUEST));
    expect(await test()).toMatchObject({ result: 'refused', failure_code: 'LOGIN_REQUIRED' });
    await server.client.putCookies(SITE, cookiesFile(SECRET));
    expect(await test()).toMatchObject({ result: 'works' });
    expect((await server.client.listCookies())[0]?.last_success_at).toBeNull();
    await server.client.retryDownload(failed.id);
    expect(await finished(failed.id)).toMatchObject({ status: 'completed', error: null });
    const [jar] = await server.client.listCookies();
    expect(jar).toMatchObject({ site: SITE, cookie_count: 1, latest_expiry_at: null });
    expect(Date.parse(jar?.last_success_at ?? '')).toBeGreaterThan(Date.parse(failed.created_at));
  });
});

describe('the cookies of a site', LONG, () => {
  it('go to no other host, neither by a redirect nor for segments', async () => {
    origin.requests.length = 0;
    const away = encodeURIComponent(`${elsewhere.url}/media/clip-360.mp4`);
    const segment = encodeURIComponent(`${elsewhere.url}/media/hls/v360-01.ts`);
    const records = await Promise.all([
      download(`${origin.url}/redirect?to=${away}`),
      download(`${origin.url}/hls/pointing.m3u8?to=${segment}`),
    ]);
    expect(records.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(new Set(cookiesSentTo(origin))).toEqual(new Set([`session=${SECRET}`]));
    expect(elsewhere.requests.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/media/clip-360.mp4', '/media/hls/v360-01.ts']),
    );
    expect(cookiesSentTo(elsewhere)).toEqual([]);
  });

  it("are not in ffmpeg's command line, and a clip that needs them there says so", async () => {
    // What comes without cookies is ffmpeg, which has its answer only when its command line was seen.
    let isSeen = (): void => undefined;
    const seen = new Promise<void>((resolve) => (isSeen = resolve));
    origin.intercept = async ({ request }) => {
      if (request.headers.cookie === undefined) await seen;
      return false;
    };
    const downloading = download(`${origin.url}/members/clip-360.mp4`, {
      options: { section: { start: 0, end: 1 } },
    });
    const commands = await commandsDuring(downloading, (command) => {
      if (command.includes('ffmpeg ')) isSeen();
    });
    origin.intercept = null;
    expect(commands.filter((command) => command.includes(SECRET))).toEqual([]);
    const clip = await downloading;
    expect(clip).toMatchObject({ status: 'failed', error: { code: 'LOGIN_REQUIRED' } });
    const { lines } = await server.client.downloadLog(clip.id);
    expect(lines.map(({ text }) => text).join('\n')).toContain('ffmpeg gets no cookies');
  });

  it('are renewed when the site renews them, without additions', async () => {
    const url = `${origin.url}/members/clip-360.mp4`;
    const renewing = await download(`${url}?renew`, { options: { write_info: true } });
    expect(renewing.status).toBe('completed');
    expect(renewing.artifacts.map(({ kind }) => kind)).toContain('info');
    origin.requests.length = 0;
    await download(url);
    const sent = cookiesSentTo(origin);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter((cookie) => !cookie.startsWith(`session=${SECRET}.new`))).toEqual([]);
    expect(sent.join()).not.toContain('planted');
  });

  it('are only in one file that its user alone can read', async () => {
    const file = `.artemis/cookies/${SITE}.json`;
    // The work folder of a download that has ended is still being removed.
    await expect.poll(() => filesWith(SECRET), { timeout: 30_000 }).toEqual([file]);
    expect((await lstat(join(home.folder, file))).mode & 0o777).toBe(0o600);
    expect((await lstat(join(home.folder, '.artemis/cookies'))).mode & 0o777).toBe(0o700);
    const { downloads } = await server.client.listDownloads();
    const answers: unknown[] = await Promise.all([
      server.client.listCookies(),
      server.client.telemetry(),
      server.client.log(),
      ...downloads.flatMap(({ id }) => [
        server.client.downloadLog(id),
        server.client.getDownload(id),
      ]),
    ]);
    const told = JSON.stringify(answers) + server.stdout() + server.stderr();
    expect([SECRET, GUEST].filter((secret) => told.includes(secret))).toEqual([]);
  });

  it('are gone once they are deleted', async () => {
    await server.client.deleteCookies(SITE);
    expect(await filesWith(SECRET)).toEqual([]);
    const again = await download(`${origin.url}/members/clip-360.mp4`);
    expect(again.error?.code).toBe('LOGIN_REQUIRED');
  });
});
