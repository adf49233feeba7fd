import type { Socket } from 'node:net';

/** Shares a rate between all callers. */
export interface Pace {
  /** Milliseconds to wait before these bytes are sent. */
  take(bytes: number): number;
}

/** @param nowMs monotonic clock */
export function createPace(bytesPerSecond: number, nowMs = () => performance.now()): Pace {
  let freeAtMs = -Infinity;
  return {
    take(bytes) {
      const now = nowMs();
      const sendAtMs = Math.max(freeAtMs, now);
      freeAtMs = sendAtMs + (bytes / bytesPerSecond) * 1000;
      return sendAtMs - now;
    },
  };
}

/**
 * Limits the writes of a socket to this pace. This also slows down the source of the data: a stream accepts nothing new
 * before the running write is done.
 */
export function paceWrites(socket: Socket, pace: Pace): void {
  const write = socket._write.bind(socket);
  const writeMany = socket._writev?.bind(socket);
  socket._write = (chunk: Uint8Array, encoding, callback) => {
    later(pace.take(chunk.length), () => write(chunk, encoding, callback));
  };
  if (writeMany === undefined) return;
  socket._writev = (chunks: { chunk: Uint8Array; encoding: BufferEncoding }[], callback) => {
    const bytes = chunks.reduce((total, { chunk }) => total + chunk.length, 0);
    later(pace.take(bytes), () => writeMany(chunks, callback));
  };
}

function later(waitMs: number, send: () => void): void {
  if (waitMs <= 0) send();
  else setTimeout(send, waitMs);
}
