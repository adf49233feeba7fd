import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Answers 304 when the caller already has this state, else the body with its entity tag. `state` is what the tag
 * stands for; it may leave out what changes all the time.
 */
export function sendConditionally(
  request: FastifyRequest,
  reply: FastifyReply,
  body: object,
  kind: 'strong' | 'weak',
  state: object = body,
): FastifyReply {
  const hash = createHash('sha256').update(JSON.stringify(state)).digest('base64url').slice(0, 27);
  const tag = `"${hash}"`;
  void reply.header('etag', kind === 'weak' ? `W/${tag}` : tag).header('cache-control', 'no-cache');
  if (matchesTag(request.headers['if-none-match'], tag)) return reply.code(304).send();
  return reply.type('application/json; charset=utf-8').send(body);
}

/** Weak comparison, as RFC 9110 asks for If-None-Match. */
export function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((entry) => {
    const candidate = entry.trim().replace(/^W\//, '');
    return candidate === '*' || candidate === tag;
  });
}
