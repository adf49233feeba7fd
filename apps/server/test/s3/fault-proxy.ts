import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a request instead of being passed on; undefined: nothing. */
export type Fault = (
  asked: { readonly method: string; readonly url: string },
  response: ServerResponse,
) => 'handled' | 'cut' | 'lie' | 'lose-answer' | undefined;

export interface FaultProxy {
  readonly endpoint: string;
  /** Requests so far, as `PUT /bucket/key?partNumber=1`. */
  readonly seen: string[];
  fault: Fault;
  close(): Promise<void>;
}

/** Stands before an S3 server. The Host that was signed stays as it is, so that signatures hold. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const proxy = { fault: (() => undefined) as Fault };
  const seen: string[] = [];
  const server = createServer((asked, response) => {
    const { method = 'GET', url = '/', headers } = asked;
    seen.push(`${method} ${url}`);
    const kind = proxy.fault({ method, url }, response);
    if (kind === 'handled') {
      asked.resume();
      return;
    }
    // Swift sends a body after a HEAD, which spoils a connection that is kept.
    const options = { hostname, port, method, path: url, headers, agent: false } as const;
    const onward = request(options, (answer) => {
      if (kind === 'lose-answer') {
        answer.resume().once('end', () => response.destroy());
        return;
      }
      if (method === 'HEAD') response.writeHead(answer.statusCode ?? 500, answer.headers).end();
      else pass(answer, response, kind);
    });
    onward.on('error', () => {
      if (!response.headersSent) response.destroy();
    });
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get fault() {
      return proxy.fault;
    },
    set fault(fault) {
      proxy.fault = fault;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function pass(answer: IncomingMessage, response: ServerResponse, kind: 'cut' | 'lie' | undefined) {
  const headers = { ...answer.headers };
  if (kind === 'lie') headers.etag = `"${'0'.repeat(32)}"`;
  response.writeHead(answer.statusCode ?? 500, headers);
  if (kind !== 'cut') {
    answer.pipe(response);
    return;
  }
  // Half of what was promised, and no more.
  answer.once('data', (bytes: Buffer) => {
    response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy());
    answer.destroy();
  });
}
