import { resolve } from 'node:path';
import { say } from '@artemis/contracts';
import type { LentCookies } from '../../domain/ports.ts';
import type { IsPublicAddress } from '../../domain/links/address-policy.ts';
import { egressOfLinks } from '../../domain/links/egress-of-links.ts';
import type { Prober } from '../../domain/ports.ts';
import { createPiscinaRunner, type PiscinaRunner } from '../download-runner.piscina.ts';
import { createLateEgressProxy } from '../egress/late-egress-proxy.ts';
import { createEngineHost, type EngineTools } from '../engine/engine-host.ts';
import { createEngineLease } from '../engine/engine-lease.ts';
import { jobMemoryBytes, usableMemoryBytes } from '../engine/job-memory.ts';
import { createSolverProof } from '../engine/solver-proof.ts';
import { createToolWatch, engineToolsOf } from '../engine/tool-watch.ts';
import type { EngineRoom } from '../engines/engine-room.ts';
import { openEngineRoom, type OpenEnginesOptions } from '../engines/open.ts';
import { createEngineProber } from '../prober.engine.ts';
import { writeAuthorities } from '../tools/authorities.ts';
import { createPlugins } from '../tools/plugins.ts';
import { findTools, type Tools } from '../tools/tools.ts';
import { createEngineAnswers, type EngineAnswers } from './engine-answers.ts';
import type { MainThreadTasks } from './main-thread-tasks.ts';

export interface LocalEngineSettings {
  readonly port: number;
  readonly maxWorkers: number;
  readonly maxFileSizeBytes: number;
  readonly downloadTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly downloadsDir: string;
  readonly scratchDir: string | null;
  readonly historyFile: string;
  readonly dataDir: string;
  readonly toolsDir: string;
  readonly ytDlpPath: string | null;
  readonly pythonPath: string | null;
  readonly ffmpegPath: string | null;
  readonly ytDlpChannel: OpenEnginesOptions['config']['ytDlpChannel'];
  readonly fetchVariables: Readonly<Record<string, string>>;
  readonly caFile: string | null;
  readonly pluginsDir: string | null;
  readonly potProviderUrl: string | null;
  /** Of the name of files when a request gives none. */
  readonly nameTemplate: string;
  /** Exact `host:port` exceptions from the rule about addresses. */
  readonly egressAllow: readonly string[];
}

export interface LocalEngineOptions extends Pick<
  OpenEnginesOptions,
  'instanceId' | 'repositoryRoot' | 'searchPath' | 'brokenSites' | 'log' | 'logger'
> {
  readonly config: LocalEngineSettings;
  readonly isPublicAddress: IsPublicAddress;
  readonly tasks: MainThreadTasks;
  readonly lendCookies: (url: string) => LentCookies | null;
}

/** yt-dlp on this computer: its versions, the hosts and threads that run it, and its way out. */
export interface LocalEngine extends EngineAnswers {
  readonly runner: PiscinaRunner;
  readonly prober: Prober;
  readonly engines: EngineRoom;
  /** To be called once the server listens: loads what the first download would have to wait for. */
  warmUp(): void;
  /** From now on no other engine takes the place of the one in use. */
  stopWatching(): void;
  /** Ends every child process. */
  close(): Promise<void>;
}

export async function openLocalEngine(options: LocalEngineOptions): Promise<LocalEngine> {
  const { config, log, logger, tasks } = options;
  const findOurTools = () => findToolsFor(options, engines.pick);
  const plugins = createPlugins(config.pluginsDir);
  const egressAllow = egressOfLinks(config.egressAllow, config.potProviderUrl);
  const authorities =
    config.caFile === null ? null : await writeAuthorities(config.caFile, config.dataDir);
  const proxy = createLateEgressProxy({
    isPublicAddress: options.isPublicAddress,
    egressAllow: config.egressAllow,
    ownPorts: [config.port],
    logger,
  });
  const hosts = hostOptionsOf(options, authorities);
  const lease = {
    authorities,
    pluginsDir: plugins.folder,
    potProviderUrl: config.potProviderUrl,
    prepare: () => proxy.listen(),
  };
  const memoryBytes = jobMemoryBytes(usableMemoryBytes(), config.maxWorkers);
  const proberOf = (engine: typeof withEngine, folder: string) =>
    createEngineProber({
      ...{
        look: tasks.look,
        withEngine: engine,
        egressAllow,
        memoryBytes,
        folder,
      },
      issueProxy: (upstream) => proxy.issue(upstream === null ? {} : { upstream }),
    });
  const engines = await openEngineRoom({
    ...{ ...options, hosts, lease, memoryBytes, proberOf },
    solve: tasks.solve,
    tools: () => watch.current(),
    lookAnew: () => watch.lookAnew(),
    withEngine: (use, signal) => withEngine(use, signal),
    currentProof: () => solverProof(),
    jobsOf: (version) => runner.runningWith(version),
  });
  const initialTools = await findOurTools();
  const engineHost = createEngineHost({
    ...hosts,
    tools: engineToolsOf(initialTools),
    onGone: () => void watch.look(),
  });
  const watch = createToolWatch({
    initial: initialTools,
    find: findOurTools,
    engineHost,
    onChange(now, before) {
      if (now.ytDlp?.version === before.ytDlp?.version) return;
      const said =
        now.ytDlp === null
          ? say('ENGINE_IS_NOW_MISSING')
          : say('ENGINE_IS_NOW', { version: now.ytDlp.version });
      log.write('info', said, null, true);
    },
    onError: (error) => logger.warn({ err: error }, 'no look at the tools'),
    isChosen: engines.isChosen,
  });
  const withEngine = createEngineLease({
    ...lease,
    engineHost,
    tools: watch.current,
  });
  const solverProof = createSolverProof({
    ...{ withEngine, memoryBytes, solve: tasks.solve, tools: watch.current },
    folder: resolve(config.dataDir, 'solver-proof'),
  });
  const runner = createPiscinaRunner({
    maxWorkers: config.maxWorkers,
    limits: {
      maxFileSizeBytes: config.maxFileSizeBytes,
      downloadTimeoutMs: config.downloadTimeoutMs,
      stallTimeoutMs: config.stallTimeoutMs,
      memoryBytes,
    },
    ...{ egressAllow, withEngine, engines, logger },
    issueProxy: (upstream, bytesPerSecond, onRefused) =>
      proxy.issue({
        ...(upstream === null ? {} : { upstream }),
        ...(bytesPerSecond === null ? {} : { bytesPerSecond }),
        onRefused: ({ host, port }) => onRefused(host, port),
      }),
  });

  const answers = createEngineAnswers({
    watch,
    engineHost,
    solverProof,
    plugins,
    explain: tasks.explain,
    config,
  });

  return {
    runner,
    prober: proberOf(withEngine, resolve(config.dataDir, 'probes')),
    engines,
    ...answers,
    warmUp() {
      runner.warmUp();
      engines.start();
      proxy.listen().catch((error: unknown) => logger.warn({ err: error }, 'no egress proxy'));
    },
    stopWatching: () => watch.close(),
    async close() {
      watch.close();
      await runner.close();
      await engines.close();
      await proxy.close();
      await engineHost.close();
    },
  };
}

function findToolsFor(
  { config, searchPath }: LocalEngineOptions,
  pickManaged: EngineRoom['pick'],
): Promise<Tools> {
  return findTools({
    toolsDir: config.toolsDir,
    searchPath,
    pickManaged,
    nodeExecPath: process.execPath,
    nodeVersion: process.versions.node,
    ...(config.ytDlpPath === null ? {} : { ytDlpPath: config.ytDlpPath }),
    ...(config.pythonPath === null ? {} : { pythonPath: config.pythonPath }),
    ...(config.ffmpegPath === null ? {} : { ffmpegPath: config.ffmpegPath }),
  });
}

/** What all hosts have in common, whichever version they run. */
function hostOptionsOf(
  options: LocalEngineOptions,
  authorities: Awaited<ReturnType<typeof writeAuthorities>> | null,
) {
  const { config, repositoryRoot, logger, tasks } = options;
  const { pluginsDir, potProviderUrl } = config;
  return {
    logger,
    usualArgvs: ({ ytDlp, jsRuntime }: EngineTools) =>
      ytDlp?.version === undefined
        ? []
        : tasks.usualArgvs({
            ytDlpVersion: ytDlp.version,
            ...{ jsRuntime, pluginsDir, potProviderUrl },
          }),
    authorities,
    pluginsDir,
    ownPorts: [config.port],
    protectedPaths: [
      config.dataDir,
      config.downloadsDir,
      ...(config.scratchDir === null ? [] : [config.scratchDir]),
      config.historyFile,
      resolve(repositoryRoot, '.env'),
    ],
  };
}
