import { createClient, type Answer, type ApiError, type Client } from '@artemis/contracts/client';
import type {
  CreateDownloads,
  Download,
  DownloadsCreated,
  Problem,
  Quality,
  Status,
} from '@artemis/contracts';
import { describe, expectTypeOf, it } from 'vitest';

describe('the types of the client', () => {
  const client: Client = createClient({ baseUrl: 'http://127.0.0.1:8500' });

  it('narrows the body by the status', () => {
    type Created = Answer<'createDownloads'>;
    expectTypeOf<Extract<Created, { status: 202 }>['body']>().toEqualTypeOf<DownloadsCreated>();
    expectTypeOf<Extract<Created, { status: 429 }>['body']>().toEqualTypeOf<Problem>();
    expectTypeOf<Extract<Created, { status: 200 }>>().toEqualTypeOf<never>();
  });

  it('derives request types from the schemas', () => {
    expectTypeOf<CreateDownloads['quality']>().toEqualTypeOf<Quality | undefined>();
    expectTypeOf<Client['createDownloads']>().parameter(0).toEqualTypeOf<CreateDownloads>();
    // @ts-expect-error a quality that does not exist
    void client.createDownloads({ url: 'https://example.org/', quality: '999p' });
    // @ts-expect-error a field that does not exist
    void client.createDownloads({ url: 'https://example.org/', exec: 'rm' });
  });

  it('gives records with closed sets of words', () => {
    expectTypeOf<Download['status']>().toEqualTypeOf<Status>();
    expectTypeOf<Download['storage_path']>().toEqualTypeOf<string | null>();
    expectTypeOf<Client['waitFor']>().returns.resolves.toEqualTypeOf<Download>();
    expectTypeOf<ApiError['problem']>().toEqualTypeOf<Problem | null>();
  });
});
