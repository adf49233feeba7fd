import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { proxyFor, requestThrough } from './proxy.mjs';
import { SetupError } from './steps.mjs';

const connectMs = 5_000;
const redirectLimit = 5;

/**
 * Fetches one address into memory. Follows redirects, but never to another protocol, so never from https to http.
 * @param {string} address
 * @param {{ signal: AbortSignal, limitBytes: number }} limits `signal` covers the whole download
 * @returns {Promise<Buffer>}
 */
export async function download(address, { signal, limitBytes }) {
  let url = new URL(address);
  for (let redirects = 0; redirects <= redirectLimit; redirects += 1) {
    const response = await get(url, signal);
    if (response.location === undefined) return bodyOf(response.message, limitBytes, url);
    url = next(url, response.location);
  }
  throw new SetupError(`${url.host} redirects more than ${redirectLimit} times.`);
}

/**
 * Where an address redirects to, without going there; undefined when it does not redirect.
 * @param {string} address @param {AbortSignal} signal
 */
export async function redirectOf(address, signal) {
  const { location, message } = await get(new URL(address), signal);
  message.destroy();
  return location;
}

/** @param {URL} url @param {string} location */
function next(url, location) {
  const target = new URL(location, url);
  if (target.protocol !== url.protocol)
    throw new SetupError(
      `${url.host} redirects from ${url.protocol}// to ${target.protocol}//, which is refused.`,
    );
  return target;
}

/**
 * @param {URL} url @param {AbortSignal} signal
 * @returns {Promise<{ message: import('node:http').IncomingMessage, location: string | undefined }>}
 */
async function get(url, signal) {
  const options = { signal, headers: { 'user-agent': 'artemis-setup' } };
  const proxy = proxyFor(url);
  const request =
    proxy === null
      ? (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { ...options, agent: false })
      : await requestThrough(url, proxy, options).catch((error) => {
          const why = `through the proxy: ${error.code ?? error.message}`;
          throw new SetupError(`${url.host} cannot be reached (${why}).`);
        });
  return new Promise((resolve, reject) => {
    const unreachable = (/** @type {string} */ why) =>
      reject(new SetupError(`${url.host} cannot be reached (${why}).`));
    const timer = setTimeout(() => {
      unreachable(`no connection within ${connectMs / 1000} s`);
      request.destroy();
    }, connectMs);
    const connected = url.protocol === 'https:' ? 'secureConnect' : 'connect';
    request.on('socket', (socket) => socket.once(connected, () => clearTimeout(timer)));
    request.on('error', (error) => {
      clearTimeout(timer);
      unreachable('code' in error ? String(error.code) : error.message);
    });
    request.on('response', (message) => {
      const { statusCode = 0, headers } = message;
      if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
        message.resume();
        resolve({ message, location: headers.location });
      } else if (statusCode === 200) {
        resolve({ message, location: undefined });
      } else {
        message.destroy();
        reject(new SetupError(`${url.host} answered ${statusCode} for ${url.pathname}.`));
      }
    });
    request.end();
  });
}

/** @param {import('node:http').IncomingMessage} message @param {number} limitBytes @param {URL} url */
async function bodyOf(message, limitBytes, url) {
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of message) {
      size += chunk.length;
      if (size > limitBytes) break;
      chunks.push(chunk);
    }
  } catch {
    throw new SetupError(
      `The connection to ${url.host} broke before ${url.pathname} was complete.`,
    );
  }
  if (size > limitBytes)
    throw new SetupError(`${url.host} sent more than ${limitBytes} bytes for ${url.pathname}.`);
  return Buffer.concat(chunks);
}
