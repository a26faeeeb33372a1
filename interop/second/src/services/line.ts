/** Service lines: what is asked of who keeps something for others (spec 13 §10). */

import { refuse } from "../errors.js";
import { SERVICE_BYTES_MAX } from "../limits.js";
import { decode } from "../encoding/cbor.js";
import { encode } from "../encoding/encode.js";
import { type Reader, integer } from "../encoding/shape.js";
import { isArray, type Value } from "../encoding/value.js";

const positive = integer(1);

/** A request: its operation, its number on this line, and what follows. */
export interface Request {
  readonly op: number;
  readonly number: number;
  readonly fields: readonly Value[];
}

/** The operations of one service, each with a reader of what follows the request number. */
export type Forms = ReadonlyMap<number, Reader<readonly Value[]>>;

/** The array in a message of a service line, and the operation that it begins with (TRANSPORT-35). */
export function readMessage(message: Uint8Array): { op: Value; rest: readonly Value[] } {
  if (message.length < 1 || message.length > SERVICE_BYTES_MAX) refuse("frame-too-large");
  const elements = decode(message);
  if (!isArray(elements)) return refuse("shape");
  const [op, ...rest] = elements;
  return op === undefined ? refuse("shape") : { op, rest };
}

/** Reads a request of a service; an operation that is not one of its own is refused `shape`. */
export function readRequest(message: Uint8Array, forms: Forms): Request {
  const { op, rest } = readMessage(message);
  const form = typeof op === "number" ? forms.get(op) : undefined;
  const [number, ...fields] = rest;
  if (typeof op !== "number" || form === undefined || number === undefined) return refuse("shape");
  return { op, number: positive(number), fields: form(fields) };
}

/** Encodes a request. */
export function makeRequest({ op, number, fields }: Request): Uint8Array {
  return encode([op, number, ...fields]);
}
