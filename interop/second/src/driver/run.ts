/** Runs one operation and gives its result as the vectors hold it (spec 16 §2). */

import { RefusalError } from "../errors.js";
import { CannotError } from "../node/cannot.js";
import { toJson, type Json } from "./json.js";
import { Arguments, type Operations, type Result } from "./arguments.js";

export type Outcome = { readonly [name: string]: Json };

/** A verb or an operation that is not known: neither accepted nor refused (spec 16 §3). */
export class UnsupportedError extends Error {
  constructor(name: string) {
    super(`not known: ${name}`);
    this.name = "UnsupportedError";
  }
}

/** The result of an operation on its arguments; throws RefusalError, and UnsupportedError for a name that is none. */
export async function perform(operations: Operations, name: string, input: Arguments): Promise<Result> {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) throw new UnsupportedError(name);
  return operation(input);
}

/** The same as an object for JSON; a refusal is a result, any other failure is thrown. */
export async function run(operations: Operations, name: string, input: unknown): Promise<Outcome> {
  try {
    return { ok: true, ...(toJson(await perform(operations, name, new Arguments(input))) as Outcome) };
  } catch (error) {
    if (error instanceof RefusalError) return { ok: false, stage: error.stage, code: error.code };
    if (error instanceof CannotError) return { ok: false, code: error.code };
    if (error instanceof UnsupportedError) return { ok: false, unsupported: true };
    throw error;
  }
}
