/** The sealed head of a manifest: what the words of its owner open (spec 04 §13, spec 06 §9). */

import { refuse } from "../../errors.js";
import { decode } from "../../encoding/cbor.js";
import { arrayOfVersion } from "../../wire/cose.js";
import { NONCE_BYTES, decrypt, encrypt } from "../../crypto/aead.js";
import { concat, utf8 } from "../../encoding/bytes.js";
import { derive, hmac, sameSecret } from "../../crypto/digest.js";
import { encode, head } from "../../encoding/encode.js";
import { beforeLast } from "../../wire/frame.js";
import { SEALED_SECRET_BYTES, open, seal } from "../../crypto/kem.js";
import { type Read, anyMap, bytes, integer, map, nullable, oneOf, tuple } from "../../encoding/shape.js";

const INFO = encode(["pcloud/1 manifest"]);
const SECRET_BYTES = 32;

const blobShape = tuple(oneOf(1), bytes(), bytes(32), bytes(NONCE_BYTES), bytes());

const manifestShape = map({
  1: oneOf(1),
  2: integer(),
  3: integer(),
  4: integer(),
  5: integer(1),
  6: integer(1),
  7: nullable(bytes(32)),
  8: integer(),
});
export type Manifest = Read<typeof manifestShape>;

/** The seed of the key to which a node seals its manifests. `secret` is the rotation secret. */
export function manifestSeed(secret: Uint8Array): Uint8Array {
  return derive(secret, ["pcloud/1 manifest key"]);
}

/** Opens a blob: the encoded manifest, not decoded, and the secret that was new for this blob (SEAL-47, SEAL-48). */
export async function openManifest(
  seed: Uint8Array, blob: Uint8Array,
): Promise<{ manifest: Uint8Array; secret: Uint8Array }> {
  const [, sealed, commitment, nonce, ciphertext] = arrayOfVersion(decode(blob), blobShape);
  if (sealed.length !== SEALED_SECRET_BYTES) refuse("not-opened");
  const secret = await open(seed, INFO, sealed);
  if (secret.length !== SECRET_BYTES || !sameSecret(commitmentOf(secret), commitment)) refuse("not-opened");
  return { manifest: decrypt(contentKey(secret), nonce, ciphertext, beforeLast(blob, ciphertext)), secret };
}

/** Seals a manifest under a fresh secret of 32 bytes and a fresh nonce of 12. */
export async function sealManifest(
  manifestKey: Uint8Array, manifest: Manifest, secret: Uint8Array, nonce: Uint8Array,
): Promise<Uint8Array> {
  const text = encode(new Map(Object.entries(manifest).map(([key, value]) => [Number(key), value])));
  const sealed = await seal(manifestKey, INFO, secret);
  const associated = concat(
    head(4, 5), encode(1), encode(sealed), encode(commitmentOf(secret)), encode(nonce),
  );
  const ciphertext = encrypt(contentKey(secret), nonce, text, associated);
  return concat(associated, encode(ciphertext));
}

/** Reads the content of a manifest blob (REC-49). It is no signed payload: without a version it is of another one. */
export function readManifest(content: Uint8Array): Manifest {
  const map = anyMap(decode(content));
  if (map.get(1) !== 1) refuse("version-unknown");
  const manifest = manifestShape(map);
  const { 5: number, 6: base, 7: previous, 8: newest } = manifest;
  const isFull = base === number && previous === null && newest === 0;
  const isIncrement = base < number && previous !== null;
  return isFull || isIncrement ? manifest : refuse("shape");
}

function commitmentOf(secret: Uint8Array): Uint8Array {
  return hmac(secret, utf8("pcloud/1 manifest commitment"));
}

function contentKey(secret: Uint8Array): Uint8Array {
  return derive(secret, ["pcloud/1 manifest content"]);
}
