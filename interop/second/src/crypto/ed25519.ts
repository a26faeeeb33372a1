/** Ed25519 with a rule of verification that leaves no choice (spec 03 §1): the one that libsodium applies. */

import { refuse } from "../errors.js";
import { hex } from "../encoding/bytes.js";
import { sodium } from "./sodium.js";

export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Points of small order by their first 31 bytes and the last without the sign bit: the table of spec 03 §1. */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);
const FIELD_PRIME = 2n ** 255n - 19n;

/** Judges a public key when it is first taken in (ID-1 to ID-3). A mixed-order point passes (ID-8). */
export function checkKey(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) refuse("key-encoding");
  const unsigned = key.slice();
  unsigned[31] = (key[31] ?? 0) & 0x7f;
  if (SMALL_ORDER.has(hex(unsigned))) refuse("key-small-order");
  if (littleEndian(unsigned) >= FIELD_PRIME || !isOnCurve(key)) refuse("key-encoding");
}

/** Whether `signature` holds for `message` under `key` (ID-5 to ID-7). A key that is no point verifies nothing. */
export function verifies(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return sodium.crypto_sign_verify_detached(signature, message, key);
}

/** Signs with the key of a seed of 32 bytes. */
export function sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return sodium.crypto_sign_detached(message, sodium.crypto_sign_seed_keypair(seed).privateKey);
}

/** The public key of a seed of 32 bytes. */
export function publicKey(seed: Uint8Array): Uint8Array {
  return sodium.crypto_sign_seed_keypair(seed).publicKey;
}

/** The integer of little-endian bytes. */
export function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(bytes.slice().reverse())}`);
}

/** libsodium adds only points of the curve; unlike its check of a point it asks nothing about their order. */
function isOnCurve(key: Uint8Array): boolean {
  try {
    sodium.crypto_core_ed25519_add(key, key);
    return true;
  } catch {
    return false; // "invalid point" is all that it throws for 32 bytes
  }
}
