import { parseUrl } from '@artemis/contracts';
import { randomBytes } from 'node:crypto';
import type { lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, Socket } from 'node:net';
import { RequestError, Server, type PrepareRequestFunctionResult } from 'proxy-chain';
import { hostAndPort, type IsPublicAddress } from '../../domain/links/address-policy.ts';
import type { Logger } from '../../domain/records.ts';
import { createEgressJudge, type EgressTarget } from './egress-target.ts';
import { createPace, paceWrites, type Pace } from './paced-socket.ts';

export interface EgressProxyOptions {
  readonly isPublicAddress: IsPublicAddress;
  /** Exact `host:port` pairs in lower case that may be reached although they are private; names are resolved for each connection. */
  readonly egressAllow: readonly string[];
  readonly logger: Logger;
  /** Ports of this server: never reachable on loopback, whatever `egressAllow` says. */
  readonly ownPorts?: readonly number[];
  /** All addresses of a name; default: the system's resolver. Rejects when there are none. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** Closes a connection after this time without data. Default 60 s. */
  readonly idleTimeoutMs?: number;
}

export interface EgressRefusal {
  readonly jobId: string | null;
  /** The host that the job asked for. */
  readonly host: string;
  /** The address of that host that was refused. */
  readonly address: string;
  readonly port: number;
}

export interface EgressJobOptions {
  /** For the log and the refusals only. */
  readonly jobId?: string;
  /** http, https or socks5 URL without credentials through which all traffic goes. It must be public or allowed itself. */
  readonly upstream?: string;
  /** Limit for all connections of the job together; default: no limit. */
  readonly bytesPerSecond?: number;
  /** Called for every refusal, retries included. */
  readonly onRefused?: (refusal: EgressRefusal) => void;
}

export interface EgressGrant {
  /** `http://job:<token>@127.0.0.1:<port>`. A secret: whoever has it can use the proxy until it is revoked. */
  readonly url: string;
  /** Invalidates the token and closes its connections. Idempotent. */
  revoke(): void;
}

export interface EgressProxy {
  /** Call once, before the first `issue`. Rejects when no port is available. */
  listen(): Promise<void>;
  /** @throws {TypeError} when `upstream` is not such a URL. */
  issue(options?: EgressJobOptions): EgressGrant;
  /** Closes every connection. Idempotent. */
  close(): Promise<void>;
}

interface Grant {
  readonly jobId: string | null;
  readonly upstream: URL | null;
  readonly onRefused: ((refusal: EgressRefusal) => void) | undefined;
  readonly connectionIds: Set<number>;
  readonly pace: Pace | null;
  /** Client sockets that are paced already: one socket may send several requests. */
  readonly paced: WeakSet<Socket>;
}

const UPSTREAM_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
  'socks5h:': 1080,
};

/**
 * Forward proxy on 127.0.0.1 for programs with their own networking, such as ffmpeg. It resolves a name once, judges all its
 * addresses, and connects to the judged addresses only. Answers 403 for a refused target and 407 without a valid token.
 */
export function createEgressProxy(options: EgressProxyOptions): EgressProxy {
  const { logger, idleTimeoutMs = 60_000 } = options;
  const grants = new Map<string, Grant>();
  const server = new Server({
    host: '127.0.0.1',
    port: 0,
    authRealm: 'Artemis',
    prepareRequestFunction: prepare,
  });
  // When this timeout fires, proxy-chain destroys the client's socket, tunnels included.
  server.server.timeout = idleTimeoutMs;
  server.on('connectionClosed', ({ connectionId }: { connectionId: number }) => {
    for (const grant of grants.values()) grant.connectionIds.delete(connectionId);
  });
  server.on('requestFailed', ({ error }: { error: Error }) => {
    logger.warn({ err: error }, 'The egress proxy could not serve a request.');
  });
  let isListening = false;

  const judge = createEgressJudge({
    ...options,
    isOwnPort: (port) => port === server.port || (options.ownPorts ?? []).includes(port),
  });

  async function prepare(asked: {
    connectionId: number;
    request: http.IncomingMessage;
    password: string;
    hostname: string;
    port: number;
    isHttp: boolean;
  }): Promise<PrepareRequestFunctionResult> {
    const { connectionId, request, password: token, hostname, port } = asked;
    const grant = grants.get(token);
    if (grant === undefined) return { requestAuthentication: true };
    grant.connectionIds.add(connectionId);
    if (grant.pace !== null && !grant.paced.has(request.socket)) {
      grant.paced.add(request.socket);
      paceWrites(request.socket, grant.pace);
    }

    const target = await judge(hostname, port);
    refuseUnlessOpen(grant, target, hostname, port);
    const way =
      grant.upstream === null
        ? straightTo(target)
        : await through(grant, grant.upstream, request, asked.isHttp, target, port);
    // The token may have been revoked while names were resolved.
    if (!grants.has(token)) return { requestAuthentication: true };
    const { httpAgent, httpsAgent } = createAgents(request.socket, idleTimeoutMs);
    return { ...way, httpAgent, httpsAgent };
  }

  function refuseUnlessOpen(grant: Grant, target: EgressTarget, host: string, port: number): void {
    if (target.kind !== 'refused') return;
    const refusal = { jobId: grant.jobId, host, address: target.address, port };
    logger.info(refusal, 'Refused a download the connection to an address that is not public.');
    grant.onRefused?.(refusal);
    throw new RequestError('This address may not be reached.', 403);
  }

  async function through(
    grant: Grant,
    upstream: URL,
    request: http.IncomingMessage,
    isHttp: boolean,
    target: EgressTarget,
    port: number,
  ): Promise<PrepareRequestFunctionResult> {
    const isSocks = upstream.protocol.startsWith('socks');
    const upstreamPort = Number(upstream.port || UPSTREAM_PORTS[upstream.protocol]);
    const proxy = await judge(upstream.hostname, upstreamPort);
    refuseUnlessOpen(grant, proxy, upstream.hostname, upstreamPort);
    if (proxy.kind !== 'open') throw new RequestError('The proxy has no address.', 502);

    // The upstream proxy gets the judged address, so that it cannot resolve the name to another one. Two exceptions keep the
    // name: a name that only the upstream can resolve, and a plain http request to an http proxy, which builds the Host
    // header from it.
    if (target.kind === 'open' && (isSocks || !isHttp)) {
      request.url = withHost(request.url ?? '', isHttp, preferIpv4(target.addresses), port);
    }
    if (!isSocks) {
      return { upstreamProxyUrl: upstream.href, dnsLookup: pinnedLookup(proxy.addresses) };
    }
    // The SOCKS client accepts no lookup function; with `socks5h` it does not resolve the target itself.
    const address = preferIpv4(proxy.addresses);
    return { upstreamProxyUrl: `socks5h://${hostAndPort(address, upstreamPort)}` };
  }

  return {
    async listen() {
      await server.listen();
      isListening = true;
    },

    issue({ jobId, upstream, bytesPerSecond, onRefused } = {}) {
      const token = randomBytes(24).toString('hex');
      const connectionIds = new Set<number>();
      grants.set(token, {
        jobId: jobId ?? null,
        upstream: upstream === undefined ? null : parseUpstream(upstream),
        onRefused,
        connectionIds,
        pace: bytesPerSecond === undefined ? null : createPace(bytesPerSecond),
        paced: new WeakSet(),
      });
      return {
        url: `http://job:${token}@127.0.0.1:${server.port}`,
        revoke() {
          grants.delete(token);
          for (const id of connectionIds) server.closeConnection(id);
        },
      };
    },

    async close() {
      grants.clear();
      if (!isListening) return;
      isListening = false;
      await server.close(true);
    },
  };
}

function straightTo(target: EgressTarget): PrepareRequestFunctionResult {
  if (target.kind !== 'open') throw new RequestError('The name has no address.', 502);
  return { dnsLookup: pinnedLookup(target.addresses) };
}

function parseUpstream(text: string): URL {
  const url = parseUrl(text);
  const isProxy = url !== null && url.protocol in UPSTREAM_PORTS && url.hostname !== '';
  if (!isProxy || url.username !== '' || url.password !== '') {
    throw new TypeError('A proxy is an http, https or socks5 URL without credentials.');
  }
  return url;
}

/** Resolves every name to the judged addresses. Numeric hosts need no lookup and were judged as they are. */
function pinnedLookup(addresses: readonly [string, ...string[]]): typeof lookup {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  const answer = (
    _hostname: string,
    { all }: { all?: boolean },
    callback: (error: null, address: unknown, family?: number) => void,
  ) => {
    if (all === true) callback(null, found);
    else callback(null, found[0]?.address, found[0]?.family);
  };
  return answer as typeof lookup;
}

function preferIpv4(addresses: readonly [string, ...string[]]): string {
  return addresses.find((address) => isIP(address) === 4) ?? addresses[0];
}

function withHost(requestUrl: string, isHttp: boolean, address: string, port: number): string {
  if (!isHttp) return hostAndPort(address, port);
  const url = new URL(requestUrl);
  url.host = hostAndPort(address, port);
  return url.href;
}

/**
 * Agents that open one connection per request, so that every request is judged. The connection closes with the client's:
 * proxy-chain keeps it open when the client leaves before the first byte of a response.
 */
function createAgents(client: Socket, idleTimeoutMs: number) {
  const tie = <A extends http.Agent>(agent: A): A => {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback) => {
      const socket = connect(options, callback);
      if (!(socket instanceof Socket)) return socket;
      const end = () => socket.destroy();
      socket.setTimeout(idleTimeoutMs, end);
      client.once('close', end);
      socket.once('close', () => client.off('close', end));
      return socket;
    };
    return agent;
  };
  return { httpAgent: tie(new http.Agent()), httpsAgent: tie(new https.Agent()) };
}
