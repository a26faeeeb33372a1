/** Frames: what travels between two nodes (spec 04 §3 and §7). */

import { refuse } from "../errors.js";
import { FRAME_BYTES_MAX, SESSION_ID_BYTES } from "../limits.js";
import { NONCE_BYTES, decrypt, encrypt } from "../crypto/aead.js";
import { concat, same, utf8 } from "../encoding/bytes.js";
import { decode } from "../encoding/cbor.js";
import { arrayOfVersion } from "./cose.js";
import { hmac, sha256 } from "../crypto/digest.js";
import { encode, head } from "../encoding/encode.js";
import { open, seal } from "../crypto/kem.js";
import { pad, unpad } from "./padding.js";
import { bytes, nullable, oneOf, tuple } from "../encoding/shape.js";
import { type Session, type StartBlock, readBlock } from "./start.js";
import { isArray, type Value } from "../encoding/value.js";

const TAG_BYTES = 16;
const CONTACT_ELEMENTS = 3;

/** A frame of a session; the block is there while its session is not yet answered. */
export interface SessionFrame {
  readonly kind: "session";
  readonly session: Uint8Array;
  readonly block: StartBlock | null;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  /** All bytes before the head of the ciphertext (SEAL-12). */
  readonly associated: Uint8Array;
}

/** A frame to a contact key: for what has to arrive where there is no session. */
export interface ContactFrame {
  readonly kind: "contact";
  readonly tag: Uint8Array;
  readonly sealed: Uint8Array;
}

const sessionShape = tuple(
  oneOf(1), bytes(SESSION_ID_BYTES), nullable(bytes()), bytes(NONCE_BYTES), bytes(),
);
const contactShape = tuple(oneOf(1), bytes(TAG_BYTES), bytes());

/**
 * Reads a frame up to what can be judged without a key: size, form, and that a start block is that of the session
 * (steps 1 to 3 of spec 14 §1.1).
 */
export function readFrame(frame: Uint8Array): SessionFrame | ContactFrame {
  if (frame.length > FRAME_BYTES_MAX) refuse("frame-too-large");
  return arrayOfVersion(decode(frame), (value) => readElements(value, frame));
}

function readElements(value: Value, frame: Uint8Array): SessionFrame | ContactFrame {
  if (isArray(value) && value.length === CONTACT_ELEMENTS) {
    const [, tag, sealed] = contactShape(value);
    return { kind: "contact", tag, sealed };
  }
  const [, session, blockBytes, nonce, ciphertext] = sessionShape(value);
  const block = blockBytes === null ? null : readBlock(blockBytes);
  if (block !== null && !same(block.session, session)) refuse("start-mismatch");
  return { kind: "session", session, block, nonce, ciphertext, associated: beforeLast(frame, ciphertext) };
}

/** The bytes before the head of the byte string that ends an encoding. */
export function beforeLast(whole: Uint8Array, last: Uint8Array): Uint8Array {
  return whole.subarray(0, whole.length - last.length - head(2, last.length).length);
}

/** The content of a session frame, not decoded; refused `not-opened` or `padding` (SEAL-14, SEAL-18). */
export function openFrame(frame: SessionFrame, session: Session): Uint8Array {
  return unpad(decrypt(session.frameKey, frame.nonce, frame.ciphertext, frame.associated));
}

/** Seals a content in a session, with its block until the session is answered. `random` are 12 fresh bytes. */
export function sealFrame(
  session: Session, block: Uint8Array | null, content: Uint8Array, random: Uint8Array,
): Uint8Array {
  const padded = pad(content);
  const nonce = frameNonce(session.frameKey, random, padded);
  const associated = concat(head(4, 5), encode(1), encode(session.id), encode(block), encode(nonce));
  return concat(associated, encode(encrypt(session.frameKey, nonce, padded, associated)));
}

/** The nonce of a frame: from fresh randomness and from the text (SEAL-13). */
export function frameNonce(frameKey: Uint8Array, random: Uint8Array, padded: Uint8Array): Uint8Array {
  return hmac(frameKey, concat(utf8("pcloud/1 nonce"), random, padded)).slice(0, NONCE_BYTES);
}

/** The tag by which a contact key is found. */
export function contactTag(contactKey: Uint8Array): Uint8Array {
  return sha256(contactKey).slice(0, TAG_BYTES);
}

/** The content of a contact frame, not decoded. `contactKey` is the public key of `seed` (SEAL-29). */
export async function openContact(
  frame: ContactFrame, seed: Uint8Array, contactKey: Uint8Array,
): Promise<Uint8Array> {
  if (!same(frame.tag, contactTag(contactKey))) refuse("not-opened");
  return unpad(await open(seed, contactInfo(frame.tag), frame.sealed));
}

/** Seals a content to a contact key. */
export async function sealContact(contactKey: Uint8Array, content: Uint8Array): Promise<Uint8Array> {
  const tag = contactTag(contactKey);
  return encode([1, tag, await seal(contactKey, contactInfo(tag), pad(content))]);
}

function contactInfo(tag: Uint8Array): Uint8Array {
  return encode(["pcloud/1 contact", tag]);
}
