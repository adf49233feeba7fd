import { ACTIVITY } from './activity.ts';
import { ARGUMENTS } from './arguments.ts';
import { ENGINE_ROOM } from './engine-room.ts';
import { READINESS } from './readiness.ts';
import { VALIDATION } from './validation.ts';

/** Figures and names inside a sentence. */
export type ProseValues = Readonly<Record<string, string | number>>;

/**
 * Every sentence of the server that has a code, so that the page can say it in another language. A value `x` beside an
 * `x_code` is a sentence itself, which that code names (a code of failures too, then with `x_detail`). Each function takes
 * its values apart in its parameter: a test reads there which ones it has.
 */
export const PROSE = {
  ...READINESS,
  ...ENGINE_ROOM,
  ...VALIDATION,
  ...ARGUMENTS,
  ...ACTIVITY,
} as const;

export type ProseCode = keyof typeof PROSE;
export const PROSE_CODES = Object.keys(PROSE) as ProseCode[];

/** A sentence with what it is made of. */
export interface Said {
  readonly message: string;
  readonly code: ProseCode;
  /** Only of sentences with values. */
  readonly values?: ProseValues;
}

export function say<Code extends ProseCode>(
  code: Code,
  ...values: Parameters<(typeof PROSE)[Code]>
): Said {
  return sayAgain({ code, values: (values as readonly [ProseValues?])[0] });
}

/** For a code whose values came along with it, so that no type compares them. */
export function sayAgain({
  code,
  values,
}: {
  readonly code: ProseCode;
  readonly values?: ProseValues | undefined;
}): Said {
  const message = (PROSE[code] as (values?: ProseValues) => string)(values);
  return values === undefined ? { message, code } : { message, code, values };
}

/** The same as fields of a shape that has another `message`, or another `code`. */
export function saidAs<Name extends string>(
  name: Name,
  { message, code, values }: Said,
): { [Key in Name]: string } & { [Key in `${Name}_code`]: ProseCode } & {
  [Key in `${Name}_values`]?: ProseValues;
} {
  return {
    [name]: message,
    [`${name}_code`]: code,
    ...(values === undefined ? {} : { [`${name}_values`]: values }),
  } as ReturnType<typeof saidAs<Name>>;
}
