/** What an encoding decodes to. */

/**
 * A value of the profiles of spec 02 §2. Integers and floats are both numbers: an integral float is never
 * written as a float (CBOR-12), so `Number.isInteger` tells them apart.
 */
export type Value = number | string | boolean | null | Uint8Array | readonly Value[] | ValueMap;

/** A map; its keys are integers and texts, which differ as keys also where they look alike (CBOR-6). */
export type ValueMap = ReadonlyMap<Key, Value>;
export type Key = number | string;

/** Whether a value is an array. `Array.isArray` alone does not narrow a readonly array. */
export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
