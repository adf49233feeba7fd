import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createPace, paceWrites } from '../../../src/adapters/egress/paced-socket.ts';

it('the rate limit applies to all connections together', () => {
  let now = 0;
  const pace = createPace(1000, () => now);
  expect([pace.take(500), pace.take(1000), pace.take(1)]).toEqual([0, 500, 1500]);
  now = 1501;
  expect(pace.take(100)).toBe(0);
  now = 60_000;
  // What was not used is not saved up.
  expect([pace.take(1000), pace.take(1)]).toEqual([0, 1000]);
});

it('all written bytes count against the rate limit and arrive complete', async () => {
  const asked: number[] = [];
  const server = net.createServer((socket) => {
    paceWrites(socket, {
      take(bytes) {
        asked.push(bytes);
        return asked.length % 3;
      },
    });
    socket.cork();
    for (let count = 0; count < 5; count += 1) socket.write(Buffer.alloc(1000, count));
    socket.uncork();
    socket.end(Buffer.alloc(100_000, 9));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = 0;
  client.on('data', (chunk: Buffer) => (received += chunk.length));
  await once(client, 'close');
  server.close();
  expect(received).toBe(105_000);
  expect(asked.reduce((total, bytes) => total + bytes, 0)).toBe(105_000);
});
