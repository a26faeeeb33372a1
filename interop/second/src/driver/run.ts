/** Runs one operation and gives its result as the vectors hold it (spec 16 §2). */

import { RefusalError } from "../errors.js";
import { toJson, type Json } from "../wire/json.js";
import { Arguments, type Operations } from "./arguments.js";

export type Outcome = { readonly [name: string]: Json };

/** The answer to a verb or an operation that is not known: neither accepted nor refused (spec 16 §3). */
export const UNSUPPORTED: Outcome = { ok: false, unsupported: true };

/** The result of an operation on an `input`; a refusal is a result, any other failure is thrown. */
export async function run(operations: Operations, name: string, input: unknown): Promise<Outcome> {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) return UNSUPPORTED;
  try {
    return { ok: true, ...(toJson(await operation(new Arguments(input))) as Outcome) };
  } catch (error) {
    if (error instanceof RefusalError) return { ok: false, stage: error.stage, code: error.code };
    throw error;
  }
}
