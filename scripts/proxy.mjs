import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:tls';

/**
 * The proxy that the environment names for an address; null for none. Lower-case names count too, as for curl.
 * @param {URL} url
 * @param {NodeJS.Dict<string>} environment
 * @returns {URL | null}
 */
export function proxyFor(url, environment = process.env) {
  const setting = (/** @type {string} */ name) =>
    environment[name.toLowerCase()] || environment[name] || '';
  const address = setting(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (address === '') return null;
  const host = url.hostname.toLowerCase();
  const isExcepted = setting('NO_PROXY')
    .split(',')
    .map((name) =>
      name
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, ''),
    )
    .some((name) => name === '*' || name === host || (name !== '' && host.endsWith(`.${name}`)));
  if (isExcepted) return null;
  const proxy = address.includes('://') ? address : `http://${address}`;
  return URL.canParse(proxy) ? new URL(proxy) : null;
}

/**
 * Begins a request to `url` through a proxy. https uses a tunnel, so the proxy sees only the host name.
 * @param {URL} url @param {URL} proxy
 * @param {{ signal: AbortSignal, headers: Record<string, string> }} options
 * @returns {Promise<import('node:http').ClientRequest>} not ended yet; rejects when there is no tunnel
 */
export function requestThrough(url, proxy, options) {
  const { username, password } = proxy;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const own = username === '' ? {} : { 'proxy-authorization': authorization };
  const send = proxy.protocol === 'https:' ? requestHttps : requestHttp;
  const at = { signal: options.signal, agent: false, host: proxy.hostname, port: proxy.port };
  if (url.protocol === 'http:') {
    const headers = { ...options.headers, ...own, host: url.host };
    return Promise.resolve(send({ ...at, path: url.href, headers }));
  }
  return new Promise((resolve, reject) => {
    const authority = `${url.hostname}:${url.port || '443'}`;
    const headers = { ...own, host: authority };
    const tunnel = send({ ...at, method: 'CONNECT', path: authority, headers });
    tunnel.on('error', reject);
    tunnel.on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) {
        const createConnection = () => connect({ socket, servername: url.hostname });
        resolve(requestHttps(url, { ...options, createConnection }));
      } else {
        socket.destroy();
        reject(new Error(`it answered ${statusCode}`));
      }
    });
    tunnel.on('response', (message) => {
      message.destroy();
      reject(new Error(`it answered ${message.statusCode}`));
    });
    tunnel.end();
  });
}
