/** Signed objects: COSE_Sign1 and COSE_Sign as spec 02 §3 narrows them. */

import { refuse } from "../errors.js";
import { concat, same } from "../encoding/bytes.js";
import { decode } from "../encoding/cbor.js";
import { sha256 } from "../crypto/digest.js";
import { KEY_BYTES, SIGNATURE_BYTES, sign, verifies } from "../crypto/ed25519.js";
import { encode } from "../encoding/encode.js";
import type { Reader } from "../encoding/shape.js";
import { isArray, type Key, type Value } from "../encoding/value.js";

const TAG_ONE = Uint8Array.of(0xd2);
const TAG_TWO = Uint8Array.of(0xd8, 0x62);
const ED25519 = -19;
const ALG = 1;
const KID = 4;
const TYP = 16;
const NOTHING = new Uint8Array(0);

/** One signature of an object: who is said to have made it, and over which bytes. */
export interface Signature {
  readonly kid: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** A signed object whose form is judged, but not who signed it. */
export interface SignedObject {
  readonly payload: Uint8Array;
  /** The id of the object: H of the Sig_structure of its (first) signer (COSE-10, COSE-18). */
  readonly id: Uint8Array;
  readonly signatures: readonly Signature[];
}

/**
 * Reads an object of one signer up to its signature: structure, header and `typ` (COSE-1 to COSE-5).
 * Throws RefusalError of stage `form`. `verify` then judges the signature.
 */
export function readOne(bytes: Uint8Array, typ: string): SignedObject {
  const elements = fourElements(bytes, TAG_ONE);
  const labels = headerMap(elements.header, [ALG, KID, TYP]);
  if (labels.get(TYP) !== typ) refuse("type-mismatch");
  return oneSigner(elements, labels);
}

/** Reads an object of one signer with any `typ`, or none, as other makers sign them (spec 16 §3). */
export function readOneOfAnyType(bytes: Uint8Array): SignedObject & { readonly typ: string | null } {
  const elements = fourElements(bytes, TAG_ONE);
  const labels = headerMap(elements.header, [ALG, KID], [TYP]);
  const typ = labels.has(TYP) ? labels.get(TYP) : null;
  if (typ !== null && typeof typ !== "string") return refuse("type-mismatch");
  return { typ, ...oneSigner(elements, labels) };
}

function oneSigner({ header, payload, last }: FourElements, labels: ReadonlyMap<Key, Value>): SignedObject {
  const kid = signerKid(labels);
  const signed = encode(["Signature1", header, NOTHING, payload]);
  return { payload, id: sha256(signed), signatures: [{ kid, signed, signature: signatureBytes(last) }] };
}

/** The same for an object of two signers (COSE-13 to COSE-19). */
export function readTwo(bytes: Uint8Array, typ: string): SignedObject {
  const { header, payload, last } = fourElements(bytes, TAG_TWO);
  if (headerMap(header, [TYP]).get(TYP) !== typ) refuse("type-mismatch");
  if (!isArray(last) || last.length !== 2) refuse("cose-structure");
  const signatures = last.map((entry) => readEntry(entry, header, payload));
  const [first, second] = signatures;
  if (first === undefined || second === undefined) refuse("cose-structure");
  if (same(first.kid, second.kid)) refuse("cose-header");
  return { payload, id: sha256(first.signed), signatures };
}

/** Judges who signed: first every `kid`, then every signature (COSE-8, COSE-9, COSE-16, COSE-17). */
export function verify(object: SignedObject, ...keys: readonly Uint8Array[]): void {
  if (keys.length !== object.signatures.length) throw new RangeError("not one key for each signature");
  object.signatures.forEach(({ kid }, n) => {
    if (!same(kid, keys[n] ?? NOTHING)) refuse("key-mismatch");
  });
  for (const { kid, signed, signature } of object.signatures) {
    if (!verifies(kid, signed, signature)) refuse("bad-signature");
  }
}

/** The payload of an object that is an array, its version judged before its length (COSE-20). */
export function arrayPayload<T>(object: SignedObject, read: Reader<T>): T {
  return arrayOfVersion(decode(object.payload), read);
}

/** An array that begins with the version, and is no signed payload: a frame, a sealed blob. */
export function arrayOfVersion<T>(value: Value, read: Reader<T>): T {
  if (!isArray(value) || value.length === 0) refuse("shape");
  if (value[0] !== 1) refuse("version-unknown");
  return read(value);
}

/** The payload of an object that is a map with the version under key 1 (COSE-20). */
export function mapPayload<T>(object: SignedObject, read: Reader<T>): T {
  return mapOfVersion(decode(object.payload), read);
}

/** A map with the version under key 1 that is no signed payload: a machine form. */
export function mapOfVersion<T>(value: Value, read: Reader<T>): T {
  if (!(value instanceof Map) || !value.has(1)) refuse("shape");
  if (value.get(1) !== 1) refuse("version-unknown");
  return read(value as ReadonlyMap<Key, Value>);
}

/** Makes an object of one signer over an encoded payload; `seed` is that of the signing key. */
export function makeOne(typ: string, payload: Uint8Array, seed: Uint8Array, kid: Uint8Array): Uint8Array {
  const header = encode(new Map<Key, Value>([[ALG, ED25519], [KID, kid], [TYP, typ]]));
  const signature = sign(seed, encode(["Signature1", header, NOTHING, payload]));
  return concat(TAG_ONE, encode([header, new Map(), payload, signature]));
}

/** What one side of an object of two signers signs (COSE-15). */
export function signedByOneOfTwo(typ: string, payload: Uint8Array, kid: Uint8Array): Uint8Array {
  return encode(["Signature", bodyHeader(typ), signerHeader(kid), NOTHING, payload]);
}

/** One side's entry of an object of two signers, with the signature that it made. */
export function entryOf(kid: Uint8Array, signature: Uint8Array): Value {
  return [signerHeader(kid), new Map(), signature];
}

/** The same, signed here; both sides make theirs over the same payload. */
export function signEntry(typ: string, payload: Uint8Array, seed: Uint8Array, kid: Uint8Array): Value {
  return entryOf(kid, sign(seed, signedByOneOfTwo(typ, payload, kid)));
}

/** Makes an object of two signers from the entries of both, the first signer's first (COSE-16). */
export function makeTwo(typ: string, payload: Uint8Array, entries: readonly [Value, Value]): Uint8Array {
  return concat(TAG_TWO, encode([bodyHeader(typ), new Map(), payload, entries]));
}

function signerHeader(kid: Uint8Array): Uint8Array {
  return encode(new Map<Key, Value>([[ALG, ED25519], [KID, kid]]));
}

function bodyHeader(typ: string): Uint8Array {
  return encode(new Map<Key, Value>([[TYP, typ]]));
}

interface FourElements {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
  readonly last: Value;
}

/** The tag, what follows it as an encoding, and the array with the types of its first three elements. */
function fourElements(bytes: Uint8Array, tag: Uint8Array): FourElements {
  if (!same(bytes.subarray(0, tag.length), tag)) refuse("cose-structure");
  const elements = decode(bytes.subarray(tag.length));
  if (!isArray(elements) || elements.length !== 4) refuse("cose-structure");
  const [header, unprotected, payload, last] = elements;
  if (!(header instanceof Uint8Array) || !isEmptyMap(unprotected) || !(payload instanceof Uint8Array)) {
    return refuse("cose-structure");
  }
  return { header, payload, last: last ?? null };
}

function readEntry(entry: Value, bodyProtected: Uint8Array, payload: Uint8Array): Signature {
  if (!isArray(entry) || entry.length !== 3) refuse("cose-structure");
  const [header, unprotected, last] = entry;
  if (!(header instanceof Uint8Array) || !isEmptyMap(unprotected)) return refuse("cose-structure");
  const signature = signatureBytes(last ?? null);
  const kid = signerKid(headerMap(header, [ALG, KID]));
  return { kid, signature, signed: encode(["Signature", bodyProtected, header, NOTHING, payload]) };
}

/** A protected header with exactly these labels; it is an encoding of its own (COSE-2, COSE-14). */
function headerMap(
  header: Uint8Array, labels: readonly number[], optional: readonly number[] = [],
): ReadonlyMap<Key, Value> {
  const map = decode(header);
  if (!(map instanceof Map)) return refuse("cose-header");
  const held = [...labels, ...optional.filter((label) => map.has(label))];
  if (map.size !== held.length || !held.every((label) => map.has(label))) refuse("cose-header");
  return map as ReadonlyMap<Key, Value>;
}

/** The key in a signer's header: `alg` first, then `kid` (COSE-3, COSE-4). */
function signerKid(labels: ReadonlyMap<Key, Value>): Uint8Array {
  if (labels.get(ALG) !== ED25519) refuse("cose-header");
  const kid = labels.get(KID);
  return kid instanceof Uint8Array && kid.length === KEY_BYTES ? kid : refuse("cose-header");
}

function signatureBytes(value: Value): Uint8Array {
  return value instanceof Uint8Array && value.length === SIGNATURE_BYTES ? value : refuse("cose-structure");
}

function isEmptyMap(value: Value | undefined): boolean {
  return value instanceof Map && value.size === 0;
}
