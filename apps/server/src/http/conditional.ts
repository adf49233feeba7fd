import { createHash } from 'node:crypto';
import type { TaggedHeaders } from '@artemis/contracts';
import type { FastifyRequest } from 'fastify';

interface Current<Body> {
  readonly status: 200;
  readonly headers: TaggedHeaders;
  readonly body: Body;
}

interface NotModified {
  readonly status: 304;
  readonly headers: TaggedHeaders;
  readonly body: null;
}

/**
 * Answers 304 when the caller already has this state, else the body with its entity tag. `state` is what the tag
 * stands for; it may leave out what changes all the time.
 */
export function conditionally<Body extends object>(
  request: FastifyRequest,
  body: Body,
  kind: 'strong' | 'weak',
  state: object = body,
): Current<Body> | NotModified {
  const hash = createHash('sha256').update(JSON.stringify(state)).digest('base64url').slice(0, 27);
  const tag = `"${hash}"`;
  const headers = {
    etag: kind === 'weak' ? `W/${tag}` : tag,
    'cache-control': 'no-cache',
  } as const;
  return matchesTag(request.headers['if-none-match'], tag)
    ? { status: 304, headers, body: null }
    : { status: 200, headers, body };
}

/** Weak comparison, as RFC 9110 asks for If-None-Match. */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((entry) => {
    const candidate = entry.trim().replace(/^W\//, '');
    return candidate === '*' || candidate === tag;
  });
}
