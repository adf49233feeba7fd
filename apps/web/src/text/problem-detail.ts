import type { Problem, ProblemDetail } from '@artemis/contracts';
import { spoken, type Prose, type Spoken } from './prose.ts';

interface Words {
  readonly prose: Prose | null;
}

/** What is wrong with one field. */
export function fieldProblem({ message, code, values }: ProblemDetail, words: Words): Spoken {
  return spoken(words, message, code, values);
}

/** The sentence of a refusal. */
export function problemDetail(problem: Problem, { prose }: Words): Spoken {
  return prose?.detail(problem) ?? { text: problem.detail, lang: 'en' };
}
