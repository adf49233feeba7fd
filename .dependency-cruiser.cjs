// Who may import whom, as docs/architecture.md draws it. Checked by apps/server/test/architecture/dependencies.test.ts.
const server = '^apps/server/src';

/**
 * What each part of the server may import of the server: `values`, and `types` by `import type` alone.
 * Contracts, Node and libraries have rules of their own. main.ts may import everything.
 */
const parts = {
  'config[.]ts': {
    values: [
      'config-error[.]ts',
      'host-settings[.]ts',
      'storage-settings[.]ts',
      'domain/selection/file-name[.]ts',
    ],
    types: [],
  },
  // What is this computer itself is said once, for settings as for links.
  'host-settings[.]ts': {
    values: ['config-error[.]ts', 'domain/links/address-policy[.]ts'],
    types: [],
  },
  'config-error[.]ts': { values: [], types: [] },
  // What is the same wherever Ajv compiles one of our schemas.
  'own-schema[.]ts': { values: [], types: [] },
  'storage-settings[.]ts': { values: ['config-error[.]ts'], types: [] },
  'misspellings[.]ts': { values: ['config[.]ts'], types: [] },
  // Pure, and of use wherever an error is caught.
  'error-code[.]ts': { values: [], types: [] },
  domain: { values: ['domain', 'error-code[.]ts'], types: [] },
  // A fault of Node kept away from every late import.
  'late-import[.]ts': { values: [], types: [] },
  // How all that writes files reads them again.
  'stored[.]ts': { values: ['late-import[.]ts'], types: [] },
  adapters: {
    values: [
      'adapters',
      'domain',
      'error-code[.]ts',
      'late-import[.]ts',
      'own-schema[.]ts',
      'stored[.]ts',
    ],
    types: ['worker/task[.]ts', 'storage-settings[.]ts'],
  },
  worker: { values: ['worker', 'error-code[.]ts', 'stored[.]ts'], types: ['domain/attempt[.]ts'] },
  http: {
    values: ['http', 'domain', 'late-import[.]ts', 'own-schema[.]ts'],
    types: ['config[.]ts'],
  },
  'start-refusal[.]ts': { values: ['adapters', 'config-error[.]ts'], types: [] },
  'services[.]ts': { values: [], types: ['domain', 'http/routes'] },
  'app[.]ts': { values: ['http', 'domain'], types: ['config[.]ts', 'services[.]ts'] },
  'compose[.]ts': {
    // It hands the work folders the reader of what a thread wrote, and the local engine what runs on the main thread.
    values: [
      'domain',
      'adapters',
      'http/answers',
      'worker/work-folder/outcome-file[.]ts',
      'worker/probe/probe-task[.]ts',
      'worker/solve-task[.]ts',
      'worker/explanation[.]ts',
      'worker/argv/usual-argv[.]ts',
    ],
    types: ['config[.]ts', 'services[.]ts'],
  },
};

/**
 * The rooms of the worker from the lowest: each may import those before it, and all know what a task is (`task.ts`). The
 * files beside the rooms are the tasks themselves, which put them together.
 */
const workerRooms = [
  'engine',
  'output',
  'plan',
  'media',
  'work-folder',
  'argv',
  'failure',
  'run',
  'live',
  'probe',
  'outcome',
];

/** @param {string} part */
const withinServer = (part) => `${server}/${part}${part.endsWith('[.]ts') ? '$' : '/'}`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nothing-unresolved',
      comment: 'An import that is not found is an edge that no rule sees.',
      severity: 'error',
      from: {},
      // A library's types need no file of that name.
      to: { couldNotResolve: true, pathNot: '/types/' },
    },
    ...Object.entries(parts).flatMap(([part, { values, types }]) => {
      const name = part.replace('[.]ts', '');
      const from = { path: withinServer(part) };
      return [
        {
          name: `${name}-imports`,
          severity: 'error',
          from,
          to: { path: `${server}/`, pathNot: [...values, ...types].map(withinServer) },
        },
        {
          name: `${name}-imports-types-only`,
          severity: 'error',
          from,
          to: { path: types.map(withinServer), dependencyTypesNot: ['type-only'] },
        },
      ].filter(({ to }) => to.path.length > 0);
    }),
    ...workerRooms.map((room, level) => ({
      name: `worker-${room}-imports-lower-rooms`,
      severity: 'error',
      from: { path: withinServer(`worker/${room}`) },
      to: {
        path: withinServer('worker'),
        pathNot: [
          ...workerRooms.slice(0, level + 1).map((lower) => withinServer(`worker/${lower}`)),
          withinServer('worker/task[.]ts'),
        ],
      },
    })),
    {
      name: 'every-worker-room-has-a-level',
      severity: 'error',
      from: {
        path: `${server}/worker/[^/]+/`,
        pathNot: workerRooms.map((room) => withinServer(`worker/${room}`)),
      },
      to: {},
    },
    {
      name: 'every-part-has-a-rule',
      severity: 'error',
      from: {
        path: `${server}/`,
        pathNot: [`${server}/main[.]ts$`, ...Object.keys(parts).map(withinServer)],
      },
      to: {},
    },
    {
      name: 'domain-does-no-io',
      severity: 'error',
      from: { path: withinServer('domain') },
      // Pure helpers of Node: no file, network, process or clock behind them.
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|path|net|url)$' },
    },
    {
      name: 'domain-knows-no-library',
      severity: 'error',
      from: { path: withinServer('domain') },
      // A table of names and a kind of map, without I/O.
      to: { path: 'node_modules', pathNot: 'node_modules/(tldts|lru-cache)/' },
    },
    {
      name: 'worker-knows-no-library',
      severity: 'error',
      from: { path: withinServer('worker') },
      // It writes down the shapes of its files with what the contracts are written with.
      to: { path: 'node_modules', pathNot: 'node_modules/@sinclair/typebox/' },
    },
    {
      name: 'contracts-import-typebox-only',
      severity: 'error',
      from: { path: '^packages/contracts/src/' },
      to: { pathNot: ['^packages/contracts/src/', 'node_modules/@sinclair/typebox/'] },
    },
    {
      name: 'what-the-page-shows-does-not-know-its-state',
      severity: 'error',
      from: { path: '^apps/web/src/(format|links|history|browser|recipes|text|storage)/' },
      to: { path: '^apps/web/src/(state|commands|components|views)/' },
    },
    {
      name: 'the-state-of-the-page-does-not-know-its-components',
      severity: 'error',
      from: { path: '^apps/web/src/(state|commands)/' },
      to: { path: '^apps/web/src/(components|views)/' },
    },
    {
      name: 'web-knows-the-server-by-contract-only',
      severity: 'error',
      from: { path: '^apps/web/src/' },
      to: { path: '^apps/server/' },
    },
    {
      name: 'server-does-not-know-the-web',
      severity: 'error',
      from: { path: `${server}/` },
      to: { path: '^apps/web/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|dist-test)/' },
    // Type imports count too: they are how a layer leaks.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@artemis/source', 'import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.svelte', '.json'],
    },
  },
};
