/** Hashes and what is derived with them (spec 02 §1). */

import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { concat, utf8 } from "../encoding/bytes.js";
import { encode } from "../encoding/encode.js";
import type { Value } from "../encoding/value.js";

const NO_SALT = new Uint8Array(32);

/** `H(x)`: SHA-256, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** `H(label ‖ a ‖ …)`: a hash that is worth nothing for another purpose. */
export function labelled(label: string, ...pieces: readonly Uint8Array[]): Uint8Array {
  return sha256(concat(utf8(label), ...pieces));
}

/** `HMAC(k, x)`: HMAC-SHA-256, 32 bytes. */
export function hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(bytes).digest());
}

/** `HKDF(ikm, CBOR info, 32)`. */
export function derive(secret: Uint8Array, info: Value): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, NO_SALT, encode(info), 32));
}

/** Whether two secrets are the same, in the same time for every wrong value of one length (spec 14 §6). */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
