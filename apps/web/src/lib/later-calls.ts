import type { Client } from '@artemis/contracts/client';
import type { Recipe } from './recipe.ts';

export interface Explanation {
  readonly argv: readonly { readonly argument: string; readonly meaning: string }[];
  readonly output_example: string;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** Calls that a server may lack: ask the features of its configuration before showing a control. */
export interface LaterCalls {
  explain(request: Recipe): Promise<Explanation>;
}

export type FullClient = Client & Partial<LaterCalls>;
