import { createClient } from '@artemis/contracts/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type AppUnderTest } from './app-under-test.ts';

let app: AppUnderTest;

beforeAll(async () => {
  app = await startApp({ environment: { ALLOWED_HOSTS: '127.0.0.1,localhost' } });
});
afterAll(() => app.close());

const explain = (payload: object) =>
  app.app.inject({ method: 'POST', url: '/api/v1/explanations', payload });

describe('POST /explanations', () => {
  it('returns arguments with their meaning, and queues nothing', async () => {
    const baseUrl = await app.app.listen({ host: '127.0.0.1', port: 0 });
    const client = createClient({ baseUrl });
    const explanation = await client.explain({ quality: '720p', options: { container: 'mkv' } });
    expect(explanation.argv).toContainEqual({
      argument: '--merge-output-format mkv',
      meaning: 'Joins picture and sound into mkv.',
      code: 'ARG_JOIN',
      values: { container: 'mkv' },
    });
    expect((await client.explain()).argv.length).toBeGreaterThan(10);
    expect((await client.listDownloads()).total).toBe(0);
  });

  it.each([
    [{ format_preset: 'Nothing' }, 'PRESET_UNKNOWN', '/format_preset'],
    [{ quality: '999p' }, 'VALIDATION_FAILED', '/quality'],
    [{ options: { exec: 'id' } }, 'VALIDATION_FAILED', '/options/exec'],
    [{ options: { section: { start: 9, end: 3 } } }, 'VALIDATION_FAILED', '/options/section/end'],
    [{ options: { directory: '../x' } }, 'VALIDATION_FAILED', '/options/directory'],
    [{ options: { name_template: '{tilte}' } }, 'VALIDATION_FAILED', '/options/name_template'],
    [{ url: 'https://example.org/' }, 'VALIDATION_FAILED', '/url'],
  ])('refuses %j as a submission would', async (body, code, path) => {
    const answer = await explain(body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code, errors: [{ path }] });
  });
});
