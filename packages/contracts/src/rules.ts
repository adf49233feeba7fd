/** The rules that server and page share, as plain functions and data: nothing here imports a schema library. */
export * from './actions-of.ts';
export * from './option-table.ts';
export * from './selection.ts';
