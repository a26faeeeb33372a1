/** ChaCha20-Poly1305 (RFC 8439), for what is sealed under a key that both sides have. */

import { refuse } from "../errors.js";
import { sodium } from "./sodium.js";

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** Encrypts under a key of 32 bytes; no key seals two texts under one nonce. */
export function encrypt(key: Uint8Array, nonce: Uint8Array, text: Uint8Array, associated: Uint8Array): Uint8Array {
  return sodium.crypto_aead_chacha20poly1305_ietf_encrypt(text, associated, null, nonce, key);
}

/** The text of a ciphertext; refused `not-opened` where it does not open. */
export function decrypt(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array {
  if (sealed.length < TAG_BYTES) refuse("not-opened");
  try {
    return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, associated, nonce, key);
  } catch {
    return refuse("not-opened"); // a ciphertext that does not open is all that libsodium refuses here
  }
}
