import type {
  Download,
  Explanation,
  FailureCode,
  RequestCode,
  WarningCode,
} from '@artemis/contracts';

/**
 * The sentences of the server in another language. English needs none: the server's own words stand on the
 * records. A code that the server learns later keeps those words until it is written here.
 */
export interface CodeWords {
  readonly failures: Readonly<
    Record<FailureCode, { readonly message: string; readonly hint: string }>
  >;
  readonly warnings: Readonly<Record<WarningCode, string>>;
  readonly requests: Readonly<Record<RequestCode, string>>;
  readonly explanations: Readonly<Record<ExplanationWarning['code'], string>>;
}

type ExplanationWarning = Explanation['warnings'][number];
type Failure = NonNullable<Download['error']>;
type Warning = Download['warnings'][number];

/** What happened and what to do, in the language of the page. */
export function failureWords(
  { code, message, hint, detail }: Failure,
  codes: CodeWords | null,
): { readonly message: string; readonly hint: string } {
  const words = codes?.failures[code];
  if (words === undefined) return { message, hint };
  if (code !== 'SITE_REFUSED' || detail === undefined) {
    return { message: withDetail(words.message, detail), hint: words.hint };
  }
  return { message: `${words.message.replace(/\.$/, '')}: „${detail}“`, hint: words.hint };
}

export function warningWords({ code, message, detail }: Warning, codes: CodeWords | null): string {
  const words = codes?.warnings[code];
  return words === undefined ? message : withDetail(words, detail);
}

export function explanationWords(
  { code, message, detail }: ExplanationWarning,
  codes: CodeWords | null,
): string {
  const words = codes?.explanations[code];
  return words === undefined ? message : withDetail(words, detail);
}

function withDetail(words: string, detail: string | undefined): string {
  return detail === undefined ? words : `${words.replace(/\.$/, '')} (${detail}).`;
}
