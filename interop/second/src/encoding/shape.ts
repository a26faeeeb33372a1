/**
 * Readers of decoded values: each gives the value in a type of its own, or refuses it `shape` (CBOR-18).
 * Who reads the body of a message turns that refusal into `body-form`.
 */

import { refuse } from "../errors.js";
import { INTEGER_MAX } from "../limits.js";
import { utf8 } from "./bytes.js";
import { isArray, type Key, type Value, type ValueMap } from "./value.js";

export type Reader<T> = (value: Value) => T;
export type Read<R> = R extends Reader<infer T> ? T : never;

/** A field of a map that may be left out; it never holds null (spec 02 §1). */
export interface Optional<T> {
  readonly optional: Reader<T>;
}
type Field = Reader<unknown> | Optional<unknown>;
type Fields = Readonly<Record<Key, Field>>;
type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K] extends Reader<unknown> ? K : never }[keyof F];
type OptionalKeys<F extends Fields> = Exclude<keyof F, RequiredKeys<F>>;
/** What `map` reads: the fields under their keys. */
export type MapOf<F extends Fields> = { readonly [K in RequiredKeys<F>]: Read<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: F[K] extends Optional<infer T> ? T : never;
};

/** An integer of a range, both ends included; without bounds 0 or more (spec 02 §1). */
export function integer(min = 0, max = INTEGER_MAX): Reader<number> {
  return (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : refuse("shape");
}

/** A byte string of exactly, or of at least and at most, so many bytes. */
export function bytes(min = 0, max = min === 0 ? Infinity : min): Reader<Uint8Array> {
  return (value) =>
    value instanceof Uint8Array && value.length >= min && value.length <= max ? value : refuse("shape");
}

/** A text whose UTF-8 has a length in these bounds. */
export function text(min = 0, max = Infinity): Reader<string> {
  return (value) => {
    if (typeof value !== "string") return refuse("shape");
    const length = utf8(value).length;
    return length >= min && length <= max ? value : refuse("shape");
  };
}

/** One of the listed literals. */
export function oneOf<const T extends number | string | boolean | null>(...allowed: readonly T[]): Reader<T> {
  return (value) => (allowed.includes(value as T) ? (value as T) : refuse("shape"));
}

/** Any value at all. */
export const anything: Reader<Value> = (value) => value;

/** true or false. */
export const boolean: Reader<boolean> = (value) => (typeof value === "boolean" ? value : refuse("shape"));

/** A field that is always present and holds `null` when it has no value (spec 02 §1). */
export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value) => (value === null ? null : reader(value));
}

/** A field of a map that is left out when it has no value. */
export function optional<T>(reader: Reader<T>): Optional<T> {
  return { optional: reader };
}

/** An array of so many elements of one kind. */
export function list<T>(reader: Reader<T>, min = 0, max = Infinity): Reader<readonly T[]> {
  return (value) => {
    if (!isArray(value) || value.length < min || value.length > max) return refuse("shape");
    return value.map(reader);
  };
}

/** An array with a reader for each place; a longer or shorter one is refused. */
export function tuple<const R extends readonly Reader<unknown>[]>(
  ...readers: R
): Reader<{ readonly [I in keyof R]: Read<R[I]> }> {
  return (value) => {
    if (!isArray(value) || value.length !== readers.length) return refuse("shape");
    return readers.map((reader, index) => reader(value[index] as Value)) as { readonly [I in keyof R]: Read<R[I]> };
  };
}

/**
 * A map with a reader for each key, in ascending order of the keys; a key that is not named is refused, and so is
 * one that is missing and not optional. Keys are integers unless `textKeys` names the map as one of texts.
 */
export function map<const F extends Fields>(fields: F, textKeys = false): Reader<MapOf<F>> {
  const known = Object.entries(fields).map(([name, field]) => ({ name, key: textKeys ? name : Number(name), field }));
  return (value) => {
    const held = anyMap(value);
    let found = 0;
    const result: Record<string, unknown> = {};
    for (const { name, key, field } of known) {
      const inside = held.get(key);
      if (inside !== undefined) {
        found += 1;
        result[name] = "optional" in field ? field.optional(inside) : field(inside);
      } else if (!("optional" in field)) {
        refuse("shape");
      }
    }
    return found === held.size ? (result as MapOf<F>) : refuse("shape");
  };
}

/** A map, whatever stands in it. */
export const anyMap: Reader<ValueMap> = (value) => (value instanceof Map ? (value as ValueMap) : refuse("shape"));
