import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Download, Engine, EngineList, FetchEngine } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTools } from '../../src/adapters/tools/tools.ts';
import { eventually } from '../http/app-under-test.ts';
import { startOrigin } from '../origin/origin.ts';
import { createServerHome, type ServerHome, type ServerProcess } from './server-process.ts';

const MINUTE = 60_000;
const repositoryDir = resolve(import.meta.dirname, '../../../..');
const OLD = '2026.10.26';

let origin: Awaited<ReturnType<typeof startOrigin>>;
let home: ServerHome;
let server: ServerProcess;
let copies: string;
let package_: string;

beforeAll(async () => {
  const { ytDlp } = await findTools({
    toolsDir: join(repositoryDir, '.artemis/tools'),
    searchPath: '/usr/bin:/bin',
    nodeExecPath: process.execPath,
    nodeVersion: process.versions.node,
  });
  package_ = ytDlp?.packagePath ?? '';
  origin = await startOrigin();
  home = await createServerHome();
  copies = join(home.folder, 'tools/yt-dlp');
  await place(OLD);
  server = await home.start({
    EGRESS_ALLOW: origin.hostPort,
    TOOLS_DIR: join(home.folder, 'tools'),
    PATH: '/usr/bin:/bin',
    YTDLP_CHANNEL: 'off',
    MAX_ATTEMPTS: '1',
  });
}, 2 * MINUTE);

afterAll(async () => {
  await home.remove();
  await origin.close();
});

/** A copy of yt-dlp under another version; `trouble` is Python, run before the generic extractor looks at a `url`. */
async function place(version: string, trouble = 'pass'): Promise<void> {
  const folder = join(copies, `.placing-${version}`);
  await mkdir(folder, { recursive: true });
  // With their times, so that what Python has compiled of the original counts for the copy.
  await cp(package_, join(folder, 'yt_dlp'), { recursive: true, preserveTimestamps: true });
  const ejs = join(dirname(package_), 'yt_dlp_ejs');
  await cp(ejs, join(folder, 'yt_dlp_ejs'), { recursive: true }).catch(() => undefined);
  await edit(join(folder, 'yt_dlp/version.py'), /__version__ = '.*'/, `__version__ = '${version}'`);
  await edit(
    join(folder, 'yt_dlp/extractor/generic.py'),
    /( +)def _real_extract\(self, url\):\n/,
    `$&$1    ${trouble}\n`,
  );
  // In one go: one that is seen half copied is tried again when it is whole, which is no matter of these tests.
  await rename(folder, join(copies, version));
}

async function edit(path: string, what: RegExp, replacement: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(what);
  await writeFile(path, text.replace(what, replacement));
}

async function until(is: (list: EngineList) => boolean): Promise<EngineList> {
  for (;;) {
    const list = await server.client.listEngines();
    if (is(list)) return list;
    await new Promise((done) => setTimeout(done, 100));
  }
}

function engine(list: EngineList, version: string): Engine | undefined {
  return list.engines.find((other) => other.version === version);
}

const codes = ({ events }: EngineList) => events.map(({ code, version }) => `${code} ${version}`);

async function download(path: string): Promise<Download> {
  const { downloads } = await server.client.createDownloads({
    url: origin.url + path,
    force: true,
  });
  return server.client.waitFor(downloads[0]?.id ?? '');
}

describe('versions of yt-dlp side by side', () => {
  it(
    'a version that fails its rehearsal, or a link that worked before, is never used',
    async () => {
      const first = await download('/media/clip-360.mp4');
      expect(first).toMatchObject({ status: 'completed', engine: OLD });
      await place('2027.01.09', `raise KeyError('broken')`);
      await place('2027.01.08', `assert '/media/' not in url`);
      const list = await until((now) => engine(now, '2027.01.09')?.state === 'failed');
      expect(list.in_use).toBe(OLD);
      expect(engine(list, '2027.01.09')).toMatchObject({
        source: 'placed',
        trial: { outcome: 'failed' },
      });
      const later = await until((now) => engine(now, '2027.01.08')?.state === 'failed');
      expect(later.in_use).toBe(OLD);
      expect(engine(later, '2027.01.08')?.trial?.steps.at(-1)).toMatchObject({
        name: 'site',
        site: '127.0.0.1',
        state: 'fail',
      });
    },
    3 * MINUTE,
  );

  it(
    'a newer version that passed is used, left when a site gets worse, and its failures run again',
    async () => {
      await download('/media/clip-360.mp4');
      await place('2027.02.01', `assert 'audio' not in url`);
      const list = await until(({ in_use }) => in_use === '2027.02.01');
      expect(list).toMatchObject({ previous: OLD, is_pinned: false });
      // On a busy computer one may fail for another reason, which says nothing about the version.
      const ends: Download[] = [];
      let back = list;
      while (back.in_use !== OLD) {
        ends.push(await download('/media/audio.m4a'));
        back = await server.client.listEngines();
      }
      expect(ends.length).toBeGreaterThanOrEqual(3);
      // The third makes it go back, and may be seen only once it was run again.
      expect(ends.slice(0, 2).map((end) => [end.status, end.engine])).toEqual(
        Array(2).fill(['failed', '2027.02.01']),
      );
      expect(engine(back, '2027.02.01')?.state).toBe('failed');
      expect(codes(back)).toContain(`WENT_BACK ${OLD}`);

      // They are queued again a moment after the version was left.
      for (const { id } of ends) {
        const { download: end } = await eventually(async () => {
          const detail = await server.client.getDownload(id);
          return detail.download.status === 'completed' ? detail : null;
        });
        expect(end.engine).toBe(OLD);
      }
      const { id } = await download('/no-such-file.mp4');
      await expect(server.client.retryDownload(id, { engine: '2020.01.01' })).rejects.toMatchObject(
        { code: 'ENGINE_NOT_FOUND' },
      );
      const [again] = await server.client
        .retryDownload(id, { engine: '2027.02.01' })
        .then(({ id: same }) => Promise.all([server.client.waitFor(same)]));
      expect(again).toMatchObject({ status: 'failed', engine: '2027.02.01' });
      await server.client.retryDownload(id);
      expect(await server.client.waitFor(id)).toMatchObject({ status: 'failed', engine: OLD });
    },
    3 * MINUTE,
  );

  it(
    'unneeded versions are removed, the one in use is kept',
    async () => {
      await expect(server.client.deleteEngine(OLD)).rejects.toMatchObject({
        code: 'ENGINE_IN_USE',
      });
      await expect(server.client.deleteEngine('2020.01.01')).rejects.toMatchObject({
        code: 'ENGINE_NOT_FOUND',
      });
      await expect(server.client.fetchEngine({} as FetchEngine)).rejects.toThrow(
        'body must be an object with either `channel`',
      );
      await server.client.deleteEngine('2027.01.09');
      const list = await server.client.listEngines();
      expect(engine(list, '2027.01.09')).toBeUndefined();
      const pinned = await server.client.useEngine('2027.02.01');
      expect(pinned).toMatchObject({ in_use: '2027.02.01', is_pinned: true, previous: OLD });
      expect(await download('/media/clip-360.mp4')).toMatchObject({ engine: '2027.02.01' });
    },
    MINUTE,
  );
});
