import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config-error.ts';
import { loadConfig, UNSUPPORTED } from '../../src/config.ts';

const ROOT = '/srv/artemis';
const load = (environment: Record<string, string> = {}) => loadConfig(environment, ROOT);

function refusal(environment: Record<string, string>): string {
  try {
    load(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error(`accepted ${JSON.stringify(environment)}`);
}

describe('the configuration', () => {
  it('has the documented defaults', () => {
    expect(load()).toEqual({
      host: '127.0.0.1',
      port: 8500,
      allowedHosts: ['localhost:8500', '127.0.0.1:8500', '[::1]:8500'],
      corsOrigins: [],
      trustProxy: [],
      basePath: '',
      apiToken: null,
      maxWorkers: 4,
      maxQueueDepth: 500,
      maxPerHost: 2,
      downloadTimeoutMs: 3_600_000,
      stallTimeoutMs: 120_000,
      maxFileSizeBytes: 10_737_418_240,
      minFreeSpaceBytes: 1_073_741_824,
      maxAttempts: 3,
      cleanupAfterDays: 30,
      historyLimit: 200,
      nameTemplate: '{id}',
      rateLimit: { isEnabled: true, max: 600, submitMax: 60, windowMs: 60_000 },
      downloadsDir: `${ROOT}/downloads`,
      scratchDir: null,
      s3: null,
      historyFile: `${ROOT}/downloads-history.json`,
      dataDir: `${ROOT}/.artemis`,
      toolsDir: `${ROOT}/.artemis/tools`,
      secretKey: null,
      signedUrlTtlSeconds: 900,
      ytDlpChannel: 'stable',
      fetchVariables: {},
      ytDlpPath: null,
      pythonPath: null,
      ffmpegPath: null,
      caFile: null,
      pluginsDir: null,
      potProviderUrl: null,
      egressAllow: [],
      logLevel: 'info',
    });
  });

  it('is frozen, and an empty variable counts as not set', () => {
    expect(Object.isFrozen(load())).toBe(true);
    expect(load({ PORT: '', HOST: '  ', UNKNOWN: 'x' })).toEqual(load());
  });

  it('reads the settings of a bucket, and says which of them is missing', () => {
    const s3 = {
      STORAGE_PROVIDER: 's3',
      S3_BUCKET: 'b',
      S3_PREFIX: 'mine',
      S3_ENDPOINT: 'http://10.0.0.2:9000/',
    };
    expect(load({ ...s3, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' }).s3).toEqual({
      bucket: 'b',
      endpoint: 'http://10.0.0.2:9000',
      region: 'us-east-1',
      isPathStyle: false,
      prefix: 'mine/',
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    });
    expect(load(s3).s3?.credentials).toBeNull();
    expect(() => load({ STORAGE_PROVIDER: 's3' })).toThrow(/S3_BUCKET must be/);
    const half = () => load({ ...s3, AWS_SECRET_ACCESS_KEY: 'hush-hush' });
    expect(half).toThrow(
      /^AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set both, or neither\.$/,
    );
  });

  it('resolves paths from the repository root, and puts data beside the history', () => {
    expect(
      load({
        HISTORY_FILE: '/data/h.json',
        DOWNLOADS_DIR: '../media',
        SCRATCH_DIR: '../fast',
        FFMPEG_PATH: './bin/ffmpeg',
      }),
    ).toMatchObject({
      historyFile: '/data/h.json',
      dataDir: '/data/.artemis',
      downloadsDir: '/srv/media',
      scratchDir: '/srv/fast',
      toolsDir: `${ROOT}/.artemis/tools`,
      ffmpegPath: `${ROOT}/bin/ffmpeg`,
    });
    expect(load({ YTDLP_PATH: 'yt-dlp' }).ytDlpPath).toBe('yt-dlp');
  });

  it.each([
    ['PORT', ['x', '-1', '65536', '80.5', '0x1f90f', 'NaN', 'Infinity', '8500 ; id']],
    ['MAX_WORKERS', ['0', '65', 'many']],
    ['MAX_QUEUE_DEPTH', ['0', '1.5']],
    ['MAX_PER_HOST', ['0']],
    ['DOWNLOAD_TIMEOUT', ['0', '1h']],
    ['STALL_TIMEOUT', ['0', '-5']],
    ['MAX_FILE_SIZE', ['0', '10G', '99999999999999999999']],
    ['MIN_FREE_SPACE', ['-1', '1GiB']],
    ['MAX_ATTEMPTS', ['0', '21']],
    ['CLEANUP_AFTER_DAYS', ['-1', 'never']],
    ['HISTORY_LIMIT', ['0']],
    ['RATE_LIMIT_ENABLED', ['yes', '1', 'TRUE']],
    ['RATE_LIMIT_MAX', ['0']],
    ['RATE_LIMIT_SUBMIT_MAX', ['0']],
    ['RATE_LIMIT_WINDOW', ['0']],
    ['SIGNED_URL_TTL', ['0']],
    ['POT_PROVIDER_URL', ['pot.lan:4416', 'http://a,b', 'http://me:secret@pot', 'ftp://pot']],
    [
      'NAME_TEMPLATE',
      ['{nosuch}', '{titel', '/etc/{id}', '../{id}', 'a/b/c/d/e/f/{id}', 'x'.repeat(301)],
    ],
    ['SCRATCH_DIR', ['downloads', 'downloads/fast', '.', 'downloads/.artemis-jobs']],
    ['STORAGE_PROVIDER', ['gcs', 'S3']],
    ['S3_ENDPOINT', ['s3.lan', 'http://me:secret@s3.lan', 'http://s3.lan/bucket', 'ftp://s3.lan']],
    ['S3_PREFIX', ['/a', 'a b', 'a?b']],
    ['LOG_LEVEL', ['loud', 'INFO!']],
    ['ALLOW_OPEN_NETWORK', ['on']],
    ['API_TOKEN', ['short-7', 'with a space']],
    ['SECRET_KEY', ['only-15-charact']],
    ['BASE_PATH', ['tools', '/a b', '/a//b', '/a?b', '/../x', '/a/./b', `/${'a'.repeat(60)}!`]],
    ['ALLOWED_HOSTS', ['http://box.lan', '*', 'box.lan:port', 'a b', 'box.lan:99999', 'box.lan/x']],
    ['CORS_ORIGINS', ['*', 'box.example', 'null', 'https://box.example/', 'file://x']],
    [
      'TRUST_PROXY',
      [
        '1',
        'true',
        '10.0.0.0/33',
        '10.0.0.0/0',
        '::/0',
        'proxy.lan',
        '10.0.0.1/8/9',
        'fe80::1%eth0',
      ],
    ],
    [
      'EGRESS_ALLOW',
      [
        'box.lan',
        'box.lan:0',
        'box.lan:65536',
        'http://box.lan:80',
        '*:80',
        '::1:80',
        '[nonsense]:80',
        '[::1]',
        'a b:80',
        'box.lan:80/x',
        'user@box.lan:80',
        '[...]:80',
      ],
    ],
  ])('refuses a bad %s with its name and without its value', (name, values) => {
    for (const value of values) {
      const message = refusal({ [name]: value });
      expect(message).toContain(name);
      // A short number or a dot would be found in any sentence.
      if (value.length > 5) expect(message).not.toContain(value);
      expect(message).toMatch(/\.$/);
      // Words and not a pattern, nor what the validator calls a rule.
      expect(message).not.toMatch(/pattern|[\\^$]|[<>]=|something else/);
    }
  });

  it('says what a bad setting should be, in its unit', () => {
    expect(refusal({ MAX_FILE_SIZE: '10G' })).toBe(
      `MAX_FILE_SIZE must be a whole number of bytes from 1024 to ${Number.MAX_SAFE_INTEGER}, in digits alone.`,
    );
    expect(refusal({ MAX_WORKERS: '65' })).toContain('a whole number from 1 to 64');
    expect(refusal({ API_TOKEN: 'short-7' })).toContain('8 to 500 characters without white space');
    expect(refusal({ RATE_LIMIT_ENABLED: 'yes' })).toContain('one of true, false');
  });

  it('counts characters as people do', () => {
    expect(refusal({ SECRET_KEY: '🔑'.repeat(15) })).toContain('16 to 500 characters');
    const nameTemplate = `{id}${'🎬'.repeat(296)}`;
    expect(load({ NAME_TEMPLATE: nameTemplate })).toMatchObject({ nameTemplate });
  });

  it('never repeats a secret', () => {
    expect(refusal({ API_TOKEN: 'hunter2' })).not.toContain('hunter2');
    expect(refusal({ SECRET_KEY: 'hunter2' })).not.toContain('hunter2');
  });
});

describe('a setting that is not supported', () => {
  it.each(Object.values(UNSUPPORTED).flat())('%s is refused, not ignored', (name) => {
    const message = refusal({ [name]: 'redis://user:hunter2@box.lan' });
    expect(message).toContain(`Unset ${name}.`);
    expect(message).not.toContain('hunter2');
    expect(load({ [name]: ' ' })).toEqual(load());
  });

  it('is accepted when it asks for what happens anyway', () => {
    expect(load({ STORAGE_PROVIDER: 'local', ROLE: 'all' })).toEqual(load());
  });
});

describe('HOST', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', 'localhost'])('%s is a loopback address', (host) => {
    expect(load({ HOST: host }).host).toBe(host);
  });

  it.each([
    '0.0.0.0',
    '::',
    '192.168.1.2',
    'nas.lan',
    '127.0.0.1.nip.io',
    '1270.0.1',
    '::ffff:127.0.0.1',
  ])('%s needs API_TOKEN or ALLOW_OPEN_NETWORK', (host) => {
    expect(refusal({ HOST: host })).toMatch(/HOST.*API_TOKEN.*ALLOW_OPEN_NETWORK/);
    expect(refusal({ HOST: host, ALLOW_OPEN_NETWORK: 'false' })).toContain('API_TOKEN');
    expect(load({ HOST: host, API_TOKEN: 'correct-horse' }).apiToken).toBe('correct-horse');
    expect(load({ HOST: host, ALLOW_OPEN_NETWORK: 'true' }).apiToken).toBeNull();
  });

  it('decides the default of ALLOWED_HOSTS', () => {
    const open = load({ HOST: '0.0.0.0', PORT: '9000', ALLOW_OPEN_NETWORK: 'true' }).allowedHosts;
    expect(open).toEqual(
      expect.arrayContaining([
        'localhost:9000',
        '[::1]:9000',
        `${hostname().toLowerCase()}.local:9000`,
      ]),
    );
    expect(load({ HOST: '127.0.0.7' }).allowedHosts).toContain('127.0.0.7:8500');
    expect(load({ ALLOWED_HOSTS: ' NAS.lan, artemis.example:443 ' }).allowedHosts).toEqual([
      'localhost:8500',
      '127.0.0.1:8500',
      '[::1]:8500',
      'nas.lan',
      'artemis.example:443',
    ]);
  });
});

describe('EGRESS_ALLOW', () => {
  it.each([
    ['[0:0:0:0:0:0:0:1]:80', '[::1]:80'],
    ['[::FFFF:10.0.0.1]:80', '[::ffff:a00:1]:80'],
    ['[FD00::0001]:8096', '[fd00::1]:8096'],
    ['NAS.lan:8096', 'nas.lan:8096'],
    ['nas.lan.:8096', 'nas.lan:8096'],
    ['10.0.0.5:080', '10.0.0.5:80'],
    ['my_nas:80', 'my_nas:80'],
  ])('reads %s as %s', (given, read) => {
    expect(load({ EGRESS_ALLOW: given }).egressAllow).toEqual([read]);
  });

  it('takes a list', () => {
    expect(load({ EGRESS_ALLOW: 'a:1, [::1]:2 ,,b:3,' }).egressAllow).toEqual([
      'a:1',
      '[::1]:2',
      'b:3',
    ]);
  });

  it('never allows this server itself', () => {
    const ours = 'localhost a.localhost. 127.0.0.1 127.9.9.9 2130706433 0.0.0.0 [::1] [::]';
    const own = [...ours.split(' '), '[::ffff:127.0.0.1]'].map((host) => `${host}:8600`).join();
    const others = ['127.0.0.1:86', '127.0.0.1:18600', '10.0.0.5:8600'];
    const given = { PORT: '8600', EGRESS_ALLOW: `${own},${others.join()}` };
    expect(load(given).egressAllow).toEqual(others);
  });
});

describe('TRUST_PROXY and BASE_PATH', () => {
  it('accept addresses and networks, and a path with or without a final slash', () => {
    expect(load({ TRUST_PROXY: '127.0.0.1, 10.0.0.0/8, fd00::/8' }).trustProxy).toEqual([
      '127.0.0.1',
      '10.0.0.0/8',
      'fd00::/8',
    ]);
    for (const path of ['/tools/artemis', '/tools/artemis/']) {
      expect(load({ BASE_PATH: path }).basePath).toBe('/tools/artemis');
    }
    expect(load({ BASE_PATH: '/' }).basePath).toBe('');
  });
});
