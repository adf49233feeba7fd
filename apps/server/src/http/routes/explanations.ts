import type { Explanation } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { selectionOf, type SelectionFields } from '../../domain/presets.ts';
import { addRoute } from '../route.ts';

export interface ExplanationRoutesOptions {
  readonly explain: (selection: SelectionFields) => Explanation;
}

/** What a download would run, judged by the same rules as a submission. */
export function explanationRoutes(
  app: FastifyInstance,
  { explain }: ExplanationRoutesOptions,
): void {
  addRoute(app, 'explain', (request, reply) =>
    reply.header('cache-control', 'no-store').send(explain(selectionOf(request.body))),
  );
}
