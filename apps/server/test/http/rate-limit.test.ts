import { describe, expect, it } from 'vitest';
import { networkOf } from '../../src/http/plugins/rate-limit.ts';
import { startApp } from './app-under-test.ts';

describe('the address that requests are counted by', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::ffff:2', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:0DB8:0000::5', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the rate limit', () => {
  const limits = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_MAX: '3' };

  async function statuses(
    environment: Record<string, string>,
    requests: readonly { url?: string; forwarded?: string }[],
  ): Promise<number[]> {
    const { app, close } = await startApp({ environment: { ...limits, ...environment } });
    const found: number[] = [];
    for (const { url = '/api/v1/telemetry', forwarded } of requests) {
      const headers = {
        host: '127.0.0.1:8500',
        ...(forwarded ? { 'x-forwarded-for': forwarded } : {}),
      };
      found.push((await app.inject({ url, headers })).statusCode);
    }
    await close();
    return found;
  }

  it('ignores X-Forwarded-For of callers', async () => {
    const requests = [1, 2, 3, 4].map((last) => ({ forwarded: `192.0.2.${last}` }));
    expect(await statuses({}, requests)).toEqual([200, 200, 200, 429]);
  });

  it('trusts a named proxy and counts its callers separately', async () => {
    const requests = [1, 1, 1, 2, 1].map((last) => ({ forwarded: `192.0.2.${last}` }));
    const found = await statuses({ TRUST_PROXY: '127.0.0.1' }, requests);
    expect(found).toEqual([200, 200, 200, 200, 429]);
  });

  it('is not escaped by another spelling of the same address', async () => {
    const spellings = ['/api/v1/telemetry', '/%61pi/v1/telemetry', '/api/v1/%74elemetry'];
    const requests = [...spellings, ...spellings].map((url) => ({ url }));
    expect(await statuses({}, requests)).toEqual([200, 200, 200, 429, 429, 429]);
  });

  it('does not count the page and the liveness check', async () => {
    const requests = ['/', '/healthz', '/', '/healthz', '/', '/'].map((url) => ({ url }));
    expect(await statuses({}, requests)).toEqual([200, 200, 200, 200, 200, 200]);
  });
});
