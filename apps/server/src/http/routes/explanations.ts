import type { Explanation, Selection } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import { requireKnownLanguages, selectionOf } from '../../domain/selection/presets.ts';
import { addRoute, NO_STORE } from '../route.ts';

export interface ExplanationRoutesOptions {
  readonly explain: (selection: Selection) => Explanation;
  readonly isListedLanguage: (tag: string) => boolean;
}

/** What a download would run, checked by the same rules as a submission. */
export function explanationRoutes(
  app: FastifyInstance,
  { explain, isListedLanguage }: ExplanationRoutesOptions,
): void {
  addRoute(app, 'explain', (request) => {
    const selection = selectionOf(request.body);
    requireKnownLanguages(selection, isListedLanguage);
    return { status: 200, headers: NO_STORE, body: explain(selection) };
  });
}
