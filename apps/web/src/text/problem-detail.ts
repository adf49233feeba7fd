import type { Problem, ProblemDetail } from '@artemis/contracts';
import { spoken, type Prose, type Spoken } from './prose.ts';

interface Words {
  readonly prose: Prose | null;
}

/** What is wrong with one field. */
export function fieldProblem({ message, code, values }: ProblemDetail, words: Words): Spoken {
  return spoken(words, message, code, values);
}

/** The sentence of a refusal. That of a refused request is made of its first field, as the server makes it. */
export function problemDetail(problem: Problem, words: Words): Spoken {
  const { detail, errors: [first] = [] } = problem;
  const known = spoken(words, detail, problem.detail_code, problem.detail_values);
  if (known.lang === undefined || first === undefined) return known;
  const { text, lang } = fieldProblem(first, words);
  if (lang !== undefined) return known;
  // A sentence about a link or a cookie stands alone; anything else is said of a field.
  const place = first.path.slice(1);
  return { text: text.endsWith('.') || place === '' ? text : `${place} ${text}.`, lang };
}
