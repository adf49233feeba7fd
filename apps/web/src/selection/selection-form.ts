import type { DownloadOptions, Selection } from '@artemis/contracts';

/** A selection that is being edited, as the parts of its form see it. */
export interface SelectionForm {
  readonly selection: Selection;
  readonly onchange: (selection: Selection) => void;
  /** What the server says about a field or what lies below it, by its path; undefined: nothing. */
  readonly errorOf: (path: string) => string | undefined;
}

/** The selection with another value of one option; undefined takes the option out. */
export function withOption<Name extends keyof DownloadOptions>(
  selection: Selection,
  name: Name,
  value: DownloadOptions[Name] | undefined,
): Selection {
  const { [name]: _old, ...rest } = selection.options;
  return { ...selection, options: value === undefined ? rest : { ...rest, [name]: value } };
}

export function oneOf<T extends string>(values: readonly T[], value: string): T | undefined {
  return values.find((one) => one === value);
}

/** An empty field is no number; what is not one goes to the server as it is, which says so. */
export function numberOf(field: HTMLInputElement): number | undefined {
  return Number.isFinite(field.valueAsNumber) ? field.valueAsNumber : undefined;
}

type TimePoint = NonNullable<DownloadOptions['section']>['start'];

/** Seconds, or a time such as `1:30`, which the server reads. */
export function timeOf(text: string): TimePoint {
  const trimmed = text.trim();
  return /^\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** Language tags as they were typed; the server says which is none. */
export function languagesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((tag) => tag !== ''))];
}
