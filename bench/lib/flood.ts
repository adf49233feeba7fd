/**
 * A merciless client in a process of its own: `flood.ts <port> <requests a second> <seconds> <slow sockets>`.
 * Sends the parent how many answers of each status came, and how many sockets were held.
 */
import http from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [port = 0, perSecond = 0, seconds = 0, slowSockets = 0] = process.argv.slice(2).map(Number);
const STEP_MS = 10;
/** Requests under way; beyond these the server is slower than the flood, and what is not sent is counted. */
const MOST_OPEN = 2000;
const DRIP_MS = 2000;

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const statuses: Record<string, number> = {};
let open = 0;
let held = 0;
let mostHeld = 0;
let isOver = false;

function count(status: string): void {
  statuses[status] = (statuses[status] ?? 0) + 1;
}

function post(n: number): void {
  if (open >= MOST_OPEN) return count('not sent');
  open += 1;
  const body = JSON.stringify({ url: `https://flood.example/${n}`, notes: 'x'.repeat(500) });
  const request = http.request(
    {
      port,
      agent,
      method: 'POST',
      path: '/api/v1/downloads',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    },
    (response) => {
      const isRight = response.statusCode !== 429 || Number(response.headers['retry-after']) >= 1;
      count(isRight ? String(response.statusCode) : '429 without Retry-After');
      response.resume();
    },
  );
  request.on('error', () => count('error'));
  request.on('close', () => (open -= 1));
  request.end(body);
}

/** Sends its headers byte by byte, and reconnects when it is disconnected. */
function hold(): void {
  if (isOver) return;
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('connect', () => {
    held += 1;
    mostHeld = Math.max(mostHeld, held);
    socket.write(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `);
    const timer = setInterval(() => socket.write('x'), DRIP_MS);
    socket.on('close', () => {
      clearInterval(timer);
      held -= 1;
      setTimeout(hold, 100);
    });
  });
  socket.on('error', () => socket.destroy());
  socket.resume();
}

for (let n = 0; n < slowSockets; n += 1) hold();
const startedMs = performance.now();
let sent = 0;
while (performance.now() - startedMs < seconds * 1000) {
  const due = Math.floor(((performance.now() - startedMs) / 1000) * perSecond);
  for (; sent < due; sent += 1) post(sent);
  await sleep(STEP_MS);
}
isOver = true;
const deadlineMs = performance.now() + 5000;
while (open > 0 && performance.now() < deadlineMs) await sleep(STEP_MS);
process.send?.({ sent, statuses, mostHeld }, () => process.exit());
