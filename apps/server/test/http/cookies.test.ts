import type { Problem } from '@artemis/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from './app-under-test.ts';

const SECRET = 'planted-5b1f0c';
const LINE = `.example.com\tTRUE\t/\tTRUE\t1893456000\tsid\t${SECRET}`;

let app: AppUnderTest;
const answers: string[] = [];

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function call(method: 'GET' | 'PUT' | 'DELETE' | 'POST', path: string, payload?: object) {
  const response = await app.app.inject({
    method,
    url: `/api/v1/cookies${path}`,
    headers: { host: '127.0.0.1:8500' },
    ...(payload === undefined ? {} : { payload }),
  });
  answers.push(response.body);
  return response;
}

describe('the cookies of a site', () => {
  it('are stored, listed, tested and deleted', async () => {
    const put = await call('PUT', '/example.com', { content: LINE });
    expect(put.statusCode).toBe(200);
    expect(put.headers['cache-control']).toBe('no-store');
    const { jar } = put.json<{ jar: object }>();
    expect(jar).toMatchObject({ site: 'example.com', cookie_count: 1, last_success_at: null });
    expect((await call('GET', '')).json()).toEqual({ jars: [jar] });
    const test = await call('POST', '/example.com/test');
    expect([test.statusCode, test.json()]).toEqual([
      200,
      expect.objectContaining({
        url: 'https://example.com/',
        result: 'refused',
        failure_code: 'LOGIN_REQUIRED',
      }),
    ]);
    expect((await call('DELETE', '/example.com')).statusCode).toBe(204);
    expect((await call('GET', '')).json()).toEqual({ jars: [] });
  });

  it('are refused with the wrong line, and nothing is kept', async () => {
    const content = `# Netscape HTTP Cookie File\n${LINE}\n${LINE.replace('.example.com', 'other.example')}`;
    const answer = await call('PUT', '/example.com', { content });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<Problem>()).toMatchObject({
      code: 'COOKIES_INVALID',
      detail: 'Line 3: This cookie is of other.example and not of example.com.',
      errors: [{ path: '/content', line: 3 }],
    });
    expect((await call('GET', '')).json()).toEqual({ jars: [] });
  });

  it.each([
    ['PUT', '/com', { content: LINE }, 400, 'VALIDATION_FAILED'],
    ['PUT', '/%2e%2e%2fsecret', { content: LINE }, 400, 'VALIDATION_FAILED'],
    ['PUT', '/example.com', { content: '' }, 400, 'VALIDATION_FAILED'],
    ['PUT', '/example.com', { content: 'x'.repeat(200_001) }, 400, 'VALIDATION_FAILED'],
    ['PUT', '/example.com', { content: 'x'.repeat(300_000) }, 413, 'PAYLOAD_TOO_LARGE'],
    ['PUT', '/example.com', { content: LINE, site: 'x' }, 400, 'VALIDATION_FAILED'],
    ['DELETE', '/example.com', undefined, 404, 'COOKIES_NOT_FOUND'],
    ['POST', '/example.com/test', {}, 404, 'COOKIES_NOT_FOUND'],
  ] as const)('%s %s is refused as it should be', async (method, path, body, status, code) => {
    const answer = await call(method, path, body);
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([status, code]);
  });

  it('are tested only with a link of their site', async () => {
    await call('PUT', '/example.com', { content: LINE });
    const elsewhere = await call('POST', '/example.com/test', { url: 'https://other.example/' });
    const values = { site: 'example.com' };
    expect([elsewhere.statusCode, elsewhere.json<Problem>().errors]).toEqual([
      400,
      [
        {
          path: '/url',
          message: 'must be a link of example.com',
          code: 'LINK_OF_OTHER_SITE',
          values,
        },
      ],
    ]);
    const below = await call('POST', '/example.com/test', { url: 'https://www.example.com/a' });
    expect(below.json()).toMatchObject({ url: 'https://www.example.com/a', result: 'refused' });
  });

  it('appear in no answer', () => {
    expect(answers.length).toBeGreaterThan(12);
    expect(answers.filter((answer) => answer.includes(SECRET))).toEqual([]);
  });
});
