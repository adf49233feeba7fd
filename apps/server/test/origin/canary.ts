import dgram from 'node:dgram';
import net, { type AddressInfo } from 'node:net';

export type Canary = {
  readonly port: number;
  /** Whether this machine has an IPv6 loopback; without one only 127.0.0.1 listens. */
  readonly hasIpv6: boolean;
  /** Connections that arrived. Every egress test ends with: still 0. */
  readonly connections: number;
  /** Datagrams that arrived at the same port on 127.0.0.1. */
  readonly datagrams: number;
  close(): Promise<void>;
};

/** Listens where nothing may ever connect, on 127.0.0.1 and ::1 with the same port. The caller closes it. */
export async function startCanary(): Promise<Canary> {
  let connections = 0;
  let datagrams = 0;
  const onConnection = (socket: net.Socket) => {
    connections += 1;
    socket.destroy();
  };
  for (;;) {
    const ipv4 = net.createServer(onConnection);
    const ipv6 = net.createServer(onConnection);
    await listen(ipv4, 0, '127.0.0.1');
    const { port } = ipv4.address() as AddressInfo;
    const failure = await listen(ipv6, port, '::1').catch((error: NodeJS.ErrnoException) => error);
    if (failure?.code === 'EADDRINUSE') {
      await close(ipv4);
      continue;
    }
    const hasIpv6 = failure === undefined;
    const udp = dgram.createSocket('udp4', () => (datagrams += 1));
    const isUdpFree = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, '127.0.0.1', () => resolve(true));
    });
    if (!isUdpFree) {
      await Promise.all([close(ipv4), ...(hasIpv6 ? [close(ipv6)] : [])]);
      continue;
    }
    return {
      port,
      hasIpv6,
      get connections() {
        return connections;
      },
      get datagrams() {
        return datagrams;
      },
      async close() {
        udp.close();
        await close(ipv4);
        if (hasIpv6) await close(ipv6);
      },
    };
  }
}

function listen(server: net.Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
