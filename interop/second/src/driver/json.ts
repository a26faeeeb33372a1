/** How values stand in the JSON of vectors and drivers (spec 16 §2). */

import { hex } from "../encoding/bytes.js";

/** What JSON can hold. */
export type Json = number | string | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** A value as JSON: byte strings in hexadecimal, a map or record as an object, its integer keys in decimal. */
export function toJson(value: unknown): Json {
  if (value === null || typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(toJson);
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value as object);
  return Object.fromEntries(entries.map(([key, held]) => [String(key), toJson(held)]));
}
