import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A real S3 server on loopback, which checks signatures. */
export interface S3Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}

const run = promisify(execFile);
/** Its four programs start one after another on a busy machine. */
const READY_MS = 90_000;
const POLL_MS = 250;
const PROGRAMS = ['swift-ring-builder', 'swift-proxy-server', 'memcached'];

export function isSwiftHere(): boolean {
  const folders = (process.env['PATH'] ?? '').split(':');
  return PROGRAMS.every((name) => folders.some((folder) => existsSync(join(folder, name))));
}

/** OpenStack Swift with its S3 front: one account, no replication, everything in a folder of its own. */
export async function startSwift(): Promise<S3Server> {
  const home = await mkdtemp(join(tmpdir(), 'artemis-swift-'));
  const [account = 0, container = 0, object = 0, proxy = 0, cache = 0] = await freePorts(5);
  const servers = { account, container, object } as const;
  await writeFile(join(home, 'swift.conf'), CLUSTER);
  await writeFile(join(home, 'proxy-server.conf'), proxyConf(home, proxy, cache));
  for (const [name, port] of Object.entries(servers)) {
    await mkdir(join(home, name, 'd1'), { recursive: true });
    await writeFile(join(home, `${name}-server.conf`), serverConf(home, name, port));
    const builder = join(home, `${name}.builder`);
    await run('swift-ring-builder', [builder, 'create', '4', '1', '0']);
    await run('swift-ring-builder', [builder, 'add', `r1z1-127.0.0.1:${port}/d1`, '1']);
    // It exits with 1 for warnings, as that all replicas are on one device.
    await run('swift-ring-builder', [builder, 'rebalance']).catch(() => undefined);
  }
  const children: ChildProcess[] = [];
  const log = openSync(join(home, 'log'), 'a');
  const start = (command: string, args: string[]) => {
    children.push(
      spawn(command, args, {
        stdio: ['ignore', log, log],
        env: { ...process.env, PYTHONWARNINGS: 'ignore' },
      }),
    );
  };
  start('memcached', [
    '-l',
    '127.0.0.1',
    '-p',
    String(cache),
    '-U',
    '0',
    ...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []),
  ]);
  for (const name of [...Object.keys(servers), 'proxy']) {
    start(`swift-${name}-server`, [join(home, `${name}-server.conf`)]);
  }
  const kill = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  // Also when the tests are ended.
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await Promise.all(children.map(ended));
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    // The front answers before those behind it, and would leave one alone for a minute that has not answered once.
    for (const port of [...Object.values(servers), proxy]) {
      await answering(`http://127.0.0.1:${port}/healthcheck`);
    }
  } catch {
    const said = await readFile(join(home, 'log'), 'utf8');
    await stop();
    throw new Error(`Swift has not started: ${said.slice(-2000)}`);
  }
  return {
    endpoint: `http://127.0.0.1:${proxy}`,
    accessKeyId: 'test:tester',
    secretAccessKey: 'testing',
    stop,
  };
}

const CLUSTER = `[swift-hash]
swift_hash_path_prefix = artemis
swift_hash_path_suffix = artemis
[storage-policy:0]
name = one
default = yes
`;

function common(home: string, port: number): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
swift_dir = ${home}
workers = 0
user = ${userInfo().username}
log_level = ERROR
fallocate_reserve = 0
conn_timeout = 30
node_timeout = 60
recoverable_node_timeout = 60
container_update_timeout = 60
`;
}

function serverConf(home: string, name: string, port: number): string {
  return `${common(home, port)}devices = ${join(home, name)}
mount_check = false
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
`;
}

function proxyConf(home: string, port: number, cachePort: number): string {
  const filters = [
    'catch_errors',
    'healthcheck',
    'cache',
    's3api',
    'tempauth',
    'copy',
    'bulk',
    'slo',
    'dlo',
  ];
  const settings: Readonly<Record<string, string>> = {
    cache: `memcache_servers = 127.0.0.1:${cachePort}`,
    s3api: 'location = us-east-1',
    tempauth: 'user_test_tester = testing .admin .reseller_admin',
  };
  const sections = filters.map(
    (name) => `[filter:${name}]
use = egg:swift#${name === 'cache' ? 'memcache' : name}
${settings[name] ?? ''}
`,
  );
  return `${common(home, port)}[pipeline:main]
pipeline = ${filters.join(' ')} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
error_suppression_limit = 100000
${sections.join('')}`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            resolve((server.address() as AddressInfo).port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function answering(url: string): Promise<void> {
  const until = performance.now() + READY_MS;
  for (;;) {
    const isReady = await fetch(url).then(
      // Whatever it answers.
      () => true,
      () => false,
    );
    if (isReady) return;
    if (performance.now() > until) throw new Error('no answer');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Says why tests of S3 do not run. Where `ARTEMIS_S3_TESTS` is `required`, as in CI, they do, and fail without Swift. */
export function canUseSwift(what: string): boolean {
  if (isSwiftHere() || process.env['ARTEMIS_S3_TESTS'] === 'required') return true;
  process.stderr.write(
    `Not tested here: ${what}. It needs Swift; CONTRIBUTING.md says how to get it.\n`,
  );
  return false;
}
