import { nullable } from '@artemis/contracts';
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { lateImport } from './late-import.ts';

/** `ListedEntry`, in the outcome of an attempt as in a list. */
export const StoredEntry = Type.Object({
  index: Type.Integer({ minimum: 1 }),
  id: nullable(Type.String()),
  url: nullable(Type.String()),
  title: nullable(Type.String()),
  duration: nullable(Type.Number()),
  position: nullable(Type.Integer()),
});

/** Whether what was stored has the shape; unknown fields are no fault, another version may have written them. */
export type ShapeCheck<Schema extends TSchema> = (value: unknown) => value is Static<Schema>;

/** Of a schema, made at its first use: most starts and most downloads find nothing stored. */
const checks = new WeakMap<TSchema, Promise<ShapeCheck<TSchema>>>();

export function shapeCheck<Schema extends TSchema>(schema: Schema): Promise<ShapeCheck<Schema>> {
  const made = checks.get(schema) ?? makeCheck(schema);
  checks.set(schema, made);
  return made as Promise<ShapeCheck<Schema>>;
}

async function makeCheck(schema: TSchema): Promise<ShapeCheck<TSchema>> {
  const { TypeCompiler } = await lateImport(() => import('@sinclair/typebox/compiler'));
  const compiled = TypeCompiler.Compile(schema);
  return (value): value is unknown => compiled.Check(value);
}

/** What an earlier run has stored as JSON; null when the text is none or has another shape. */
export async function readStored<Schema extends TSchema>(
  schema: Schema,
  text: string,
): Promise<Static<Schema> | null> {
  const value = jsonIn(text);
  if (value === undefined) return null;
  const hasShape = await shapeCheck(schema);
  return hasShape(value) ? value : null;
}

/** The same for lines that are records of their own: one that is torn or of another shape is left out alone. */
export async function readStoredLines<Schema extends TSchema>(
  schema: Schema,
  lines: readonly string[],
): Promise<Static<Schema>[]> {
  const values = lines.map(jsonIn).filter((value) => value !== undefined);
  if (values.length === 0) return [];
  return values.filter(await shapeCheck(schema));
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
