import type { Explanation, Problem, ProblemDetail, Selection } from '@artemis/contracts';
import { ApiError, type Client } from '@artemis/contracts/client';
import { pickSelection } from '@artemis/contracts/rules';

const REST_MS = 300;

/** What the server would run for a selection. Asks after a pause in typing. */
export class Explainer {
  readonly #client: Pick<Client, 'explain'>;
  #explanation: Explanation | null = $state.raw(null);
  #errors: readonly ProblemDetail[] = $state.raw([]);
  #problem: Problem | null = $state.raw(null);

  constructor(client: Pick<Client, 'explain'>) {
    this.#client = client;
  }

  /** Of the selection that was asked for last; null while its answer is not there, or when there is none. */
  get explanation(): Explanation | null {
    return this.#explanation;
  }

  /** The fields that the server does not take. */
  get errors(): readonly ProblemDetail[] {
    return this.#errors;
  }

  /** The refusal; null when the selection is fine, or the server away. */
  get problem(): Problem | null {
    return this.#problem;
  }

  errorOf(path: string): ProblemDetail | undefined {
    return this.#errors.find((one) => one.path === path || one.path.startsWith(`${path}/`));
  }

  /** Asks for this selection after a moment; the returned function cancels that. */
  ask(selection: Selection): () => void {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      this.#client
        .explain(pickSelection(selection), { signal: abort.signal })
        .then((explanation) => this.#show(explanation, null))
        .catch((error: unknown) => {
          // An old answer to another selection is worse than none.
          if (!abort.signal.aborted) this.#show(null, error);
        });
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }

  #show(explanation: Explanation | null, error: unknown): void {
    const problem = error instanceof ApiError && error.status === 400 ? error.problem : null;
    this.#explanation = explanation;
    this.#errors = problem?.errors ?? [];
    this.#problem = problem;
  }
}
