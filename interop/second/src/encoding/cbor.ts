/** Reads CBOR, and refuses everything that has not the one form of spec 02 §2. */

import { refuse } from "../errors.js";
import { CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, INTEGER_MAX } from "../limits.js";
import { fromUtf8 } from "./bytes.js";
import { encodeFloat, fromHalf } from "./float.js";
import type { Key, Value } from "./value.js";

/** `protocol` is for everything that travels; `record` allows floats, and is for values of records alone. */
export type Profile = "protocol" | "record";

/** The head of an item: major type, additional information, and the argument that follows them. */
interface Head {
  readonly major: number;
  readonly info: number;
  readonly argument: number;
}

/**
 * The value of an encoding (spec 02 §2). Byte strings in it are windows on `bytes`.
 * Throws RefusalError of stage `form` with the code of the first fault (CBOR-17).
 */
export function decode(bytes: Uint8Array, profile: Profile = "protocol"): Value {
  const reader = new Reader(bytes, profile);
  const value = reader.item(1);
  if (!reader.atEnd) refuse("cbor-malformed");
  return value;
}

/** One pass over an encoding. Each method leaves the position after what it read. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #profile: Profile;
  #at = 0;
  #items = 1;

  constructor(bytes: Uint8Array, profile: Profile) {
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#profile = profile;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  get #left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Reads one item that, if it is an array or map, is the `level`-th from outside. */
  item(level: number): Value {
    const head = this.#head();
    switch (head.major) {
      case 0:
        return head.argument <= INTEGER_MAX ? head.argument : refuse("cbor-type");
      case 1:
        return head.argument < INTEGER_MAX ? -1 - head.argument : refuse("cbor-type");
      case 2:
        return this.#string(head.argument);
      case 3:
        return this.#text(head.argument);
      case 4:
        this.#enter(level, head.argument);
        return Array.from({ length: head.argument }, () => this.item(level + 1));
      case 5:
        this.#enter(level, 2 * head.argument);
        return this.#map(level, head.argument);
      case 6:
        return refuse("cbor-type"); // CBOR-8
      default:
        return this.#simple(head);
    }
  }

  /** Reads a head; refuses it where it is reserved, cut, of indefinite length, or longer than needed. */
  #head(): Head {
    const first = this.#bytes[this.#at];
    if (first === undefined) refuse("cbor-malformed");
    const major = first >> 5;
    const info = first & 31;
    this.#at += 1;
    if (info < 24) return { major, info, argument: info };
    if (info === 31) return refuse(major >= 2 && major <= 5 ? "cbor-not-deterministic" : "cbor-malformed");
    if (info >= 28) refuse("cbor-malformed");
    const width = 1 << (info - 24);
    if (this.#left < width) refuse("cbor-malformed");
    const argument = this.#argument(width);
    if (major === 7) {
      if (info === 24 && argument < 32) refuse("cbor-malformed");
    } else if (argument < (width === 1 ? 24 : 2 ** (4 * width))) {
      refuse("cbor-not-deterministic");
    }
    return { major, info, argument };
  }

  /** The argument in the next bytes. Above 2^53 it is rounded, which changes no comparison made with it. */
  #argument(width: number): number {
    let argument = 0;
    for (let end = this.#at + width; this.#at < end; this.#at += 1) {
      argument = argument * 256 + (this.#bytes[this.#at] ?? 0);
    }
    return argument;
  }

  #string(length: number): Uint8Array {
    if (length > this.#left) refuse("cbor-malformed");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #text(length: number): string {
    return fromUtf8(this.#string(length)) ?? refuse("cbor-malformed");
  }

  /** Takes the bounds of an array or map at its head, before anything is made for it (CBOR-15, CBOR-16). */
  #enter(level: number, count: number): void {
    if (level > CBOR_DEPTH_MAX) refuse("cbor-depth");
    if (count > this.#left) refuse("cbor-malformed");
    this.#items += count;
    if (this.#items > CBOR_ITEMS_MAX) refuse("cbor-items");
  }

  #map(level: number, count: number): Map<Key, Value> {
    const map = new Map<Key, Value>();
    let previous: Uint8Array | null = null;
    for (let n = 0; n < count; n += 1) {
      const start = this.#at;
      const key = this.#key(level);
      const encoded = this.#bytes.subarray(start, this.#at);
      if (previous !== null && Buffer.compare(previous, encoded) >= 0) refuse("cbor-not-deterministic");
      previous = encoded;
      map.set(key, this.item(level + 1));
    }
    return map;
  }

  #key(level: number): Key {
    const first = this.#bytes[this.#at];
    if (first === undefined) refuse("cbor-malformed");
    const major = first >> 5;
    if (major !== 0 && major !== 1 && major !== 3) refuse("cbor-type"); // CBOR-6
    const key = this.item(level + 1);
    return typeof key === "number" || typeof key === "string" ? key : refuse("cbor-type");
  }

  /** Literals and floats (CBOR-9 to CBOR-13). The bytes of a float are those that were just read. */
  #simple(head: Head): Value {
    if (head.info === 20) return false;
    if (head.info === 21) return true;
    if (head.info === 22) return null;
    if (head.info < 25 || this.#profile === "protocol") refuse("cbor-type");
    const value = this.#float(head.info);
    if (!Number.isFinite(value)) refuse("cbor-type");
    if (Number.isInteger(value)) refuse(Math.abs(value) <= INTEGER_MAX ? "cbor-not-deterministic" : "cbor-type");
    if (encodeFloat(value).length - 1 < 1 << (head.info - 24)) refuse("cbor-not-deterministic");
    return value;
  }

  #float(info: number): number {
    const width = 1 << (info - 24);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at - width, width);
    if (info === 25) return fromHalf(view.getUint16(0));
    return info === 26 ? view.getFloat32(0) : view.getFloat64(0);
  }
}
