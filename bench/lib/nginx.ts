import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../apps/server/test/integration/server-process.ts';
import { startChild, stopChild } from './children.ts';

/** nginx on a free port that sends the files of a folder with sendfile, as Debian sets it up. */
export async function startNginx(
  program: string,
  folder: string,
  filesFolder: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const port = await freePort();
  const configPath = join(folder, 'nginx.conf');
  await mkdir(join(folder, 'temporary'));
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/temporary/${name};`)
    .join(' ');
  await writeFile(
    configPath,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 64; }
http { ${places} access_log off; sendfile on; tcp_nopush on; default_type video/mp4;
  server { listen 127.0.0.1:${port}; root ${filesFolder}; } }
`,
  );
  const child = startChild(program, ['-p', folder, '-c', configPath, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  while (
    await fetch(url).then(
      () => false,
      () => child.exitCode === null,
    )
  )
    await sleep(20);
  return { url, close: () => stopChild(child) };
}
