/** Sealing to a key: HPKE with MLKEM768-X25519 (X-Wing), HKDF-SHA-256 and ChaCha20-Poly1305 (spec 04 §1). */

import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256, HpkeError } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { refuse } from "../errors.js";
import { concat } from "../encoding/bytes.js";
import { littleEndian } from "./ed25519.js";
import { type Reader, bytes } from "../encoding/shape.js";

export const KEM_PUBLIC_BYTES = 1216;
export const KEM_SEED_BYTES = 32;
/** What a sealed text of 32 bytes takes: `enc`, the text and its tag. */
export const SEALED_SECRET_BYTES = 1168;
export const ENC_BYTES = 1120;
const ML_KEM_VECTOR_BYTES = 1152; // 3 polynomials of 256 coefficients in 12 bits; 32 bytes of seed follow
const ML_KEM_PUBLIC_BYTES = 1184;
const ML_KEM_MODULUS = 3329;
const FIELD_PRIME = 2n ** 255n - 19n;
/** The coordinates of small order of Curve25519 (SEAL-4). */
const SMALL_ORDER = new Set([
  0n,
  1n,
  FIELD_PRIME - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]);

const kem = new XWing();
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });

/** Judges a public key of the KEM when it is first taken in (SEAL-3, SEAL-4). */
export function checkKemKey(key: Uint8Array): void {
  if (key.length !== KEM_PUBLIC_BYTES || !hasReducedCoefficients(key)) refuse("key-encoding");
  const coordinate = littleEndian(key.subarray(ML_KEM_PUBLIC_BYTES));
  if (coordinate >= FIELD_PRIME) refuse("key-encoding");
  if (SMALL_ORDER.has(coordinate)) refuse("key-small-order");
}

/** The check of FIPS 203 §7.2: every coefficient of the encapsulation key is below the modulus. */
function hasReducedCoefficients(key: Uint8Array): boolean {
  for (let at = 0; at < ML_KEM_VECTOR_BYTES; at += 3) {
    const three = (key[at] ?? 0) | ((key[at + 1] ?? 0) << 8) | ((key[at + 2] ?? 0) << 16);
    if ((three & 0xfff) >= ML_KEM_MODULUS || three >> 12 >= ML_KEM_MODULUS) return false;
  }
  return true;
}

/** A public key of the KEM in a structure that is taken in. */
export const kemPublic: Reader<Uint8Array> = (value) => {
  const key = bytes()(value);
  checkKemKey(key);
  return key;
};

/** The public key of a seed of 32 bytes (SEAL-2). */
export async function kemPublicOf(seed: Uint8Array): Promise<Uint8Array> {
  const pair = await kem.generateKeyPairDerand(seed.slice()); // a copy: the library takes the whole buffer
  return new Uint8Array(await kem.serializePublicKey(pair.publicKey));
}

/** `seal(key, info, text)`: `enc` and the ciphertext. `key` has passed `checkKemKey`. */
export async function seal(key: Uint8Array, info: Uint8Array, text: Uint8Array): Promise<Uint8Array> {
  const recipientPublicKey = await kem.deserializePublicKey(key.slice());
  const sealed = await suite.seal({ recipientPublicKey, info }, text.slice());
  return concat(new Uint8Array(sealed.enc), new Uint8Array(sealed.ct));
}

/** What was sealed to the key of `seed` under `info`; refused `not-opened` where it does not open (SEAL-49). */
export async function open(seed: Uint8Array, info: Uint8Array, sealed: Uint8Array): Promise<Uint8Array> {
  if (sealed.length < ENC_BYTES) refuse("not-opened");
  try {
    const recipientKey = await kem.deserializePrivateKey(seed.slice());
    const enc = sealed.slice(0, ENC_BYTES);
    return new Uint8Array(await suite.open({ recipientKey, enc, info }, sealed.slice(ENC_BYTES)));
  } catch (error) {
    if (error instanceof HpkeError) return refuse("not-opened");
    throw error;
  }
}
