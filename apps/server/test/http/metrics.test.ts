import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from './app-under-test.ts';

let app: AppUnderTest;
beforeAll(async () => void (app = await startApp()));
afterAll(() => app.close());

describe('/metrics', () => {
  it('has names, types and help texts as Prometheus requires', async () => {
    const answer = await app.app.inject({ url: '/metrics', headers: { host: '127.0.0.1:8500' } });
    const types = [...answer.body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, ...pair]) => pair);
    expect(answer.body).not.toMatch(/NaN/i);
    expect(types.length).toBeGreaterThan(20);
    for (const [name = '', type] of types) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(answer.body).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
      // What `promtool check metrics` says about prom-client's own ones.
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    }
    expect(answer.body).toMatch(/^artemis_downloads\{status="queued"\} 0$/m);
  });
});
