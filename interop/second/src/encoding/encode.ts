/** Writes CBOR with the core deterministic encoding (spec 02 §2). */

import { INTEGER_MAX } from "../limits.js";
import { joined, utf8 } from "./bytes.js";
import { encodeFloat } from "./float.js";
import { isArray, type Value, type ValueMap } from "./value.js";

const LITERALS = new Map<Value, number>([[false, 0xf4], [true, 0xf5], [null, 0xf6]]);

/** The shortest head of a major type with its argument (CBOR-3). */
export function head(major: number, argument: number): Uint8Array {
  const type = major << 5;
  if (argument < 24) return Uint8Array.of(type | argument);
  if (argument < 0x100) return Uint8Array.of(type | 24, argument);
  if (argument < 0x10000) return Uint8Array.of(type | 25, argument >> 8, argument & 0xff);
  const wide = argument >= 0x1_0000_0000;
  const bytes = new Uint8Array(wide ? 9 : 5);
  const view = new DataView(bytes.buffer);
  bytes[0] = type | (wide ? 27 : 26);
  if (wide) view.setBigUint64(1, BigInt(argument));
  else view.setUint32(1, argument);
  return bytes;
}

/**
 * The one encoding of a value. A caller that writes for the protocol profile gives no floats.
 * Throws RangeError for what no profile holds: a number out of range or not finite, a text that is not Unicode.
 */
export function encode(value: Value): Uint8Array {
  const pieces: Uint8Array[] = [];
  write(value, pieces);
  return joined(pieces);
}

function write(value: Value, out: Uint8Array[]): void {
  if (typeof value === "number") {
    out.push(encodeNumber(value));
  } else if (typeof value === "string") {
    if (/\p{Surrogate}/u.test(value)) throw new RangeError("a text with half a character");
    const bytes = utf8(value);
    out.push(head(3, bytes.length), bytes);
  } else if (value instanceof Uint8Array) {
    out.push(head(2, value.length), value);
  } else if (value === null || typeof value === "boolean") {
    out.push(Uint8Array.of(LITERALS.get(value) ?? 0));
  } else if (isArray(value)) {
    out.push(head(4, value.length));
    for (const element of value) write(element, out);
  } else {
    writeMap(value, out);
  }
}

function encodeNumber(value: number): Uint8Array {
  if (Number.isInteger(value)) {
    if (Math.abs(value) > INTEGER_MAX) throw new RangeError("an integer beyond 2^53 - 1");
    return value < 0 ? head(1, -1 - value) : head(0, value === 0 ? 0 : value);
  }
  if (!Number.isFinite(value)) throw new RangeError("a number that is not finite");
  return encodeFloat(value);
}

function writeMap(map: ValueMap, out: Uint8Array[]): void {
  const entries = [...map].map(([key, value]) => ({ key: encode(key), value }));
  entries.sort((a, b) => Buffer.compare(a.key, b.key)); // CBOR-5: byte by byte, from the first byte
  out.push(head(5, entries.length));
  for (const entry of entries) {
    out.push(entry.key);
    write(entry.value, out);
  }
}
