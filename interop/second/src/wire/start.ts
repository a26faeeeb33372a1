/** Start blocks: a fresh session secret, sealed to a receiving key (spec 04 §2), and the signed start (§5). */

import { SESSION_ID_BYTES } from "../limits.js";
import { refuse } from "../errors.js";
import { decode } from "../encoding/cbor.js";
import { arrayPayload, makeOne, readOne } from "./cose.js";
import { derive, sha256 } from "../crypto/digest.js";
import { encode } from "../encoding/encode.js";
import { SEALED_SECRET_BYTES, open, seal } from "../crypto/kem.js";
import { EPOCH } from "./numbers.js";
import type { Addressed } from "./parties.js";
import { bytes, integer, oneOf, tuple } from "../encoding/shape.js";

export const START = "pcloud-start";
/** The key number of the receiving key of an invitation. */
export const INVITATION_KEY = 0;

/** The founding personas of a relationship, in the direction of a session; they never change (spec 04 §2). */
export interface Founders {
  readonly sender: Uint8Array | null;
  readonly recipient: Uint8Array;
}

/** A start block whose form is judged. */
export interface StartBlock {
  readonly sessionNumber: number;
  readonly keyNumber: number;
  readonly sealed: Uint8Array;
  /** The id that the block gives its session. */
  readonly session: Uint8Array;
}

/** A session as one who seals or opens its frames holds it. */
export interface Session {
  readonly id: Uint8Array;
  readonly secret: Uint8Array;
  readonly frameKey: Uint8Array;
}

const blockShape = tuple(integer(1), integer(), bytes());

/** Reads the form of a start block (SEAL-5). */
export function readBlock(block: Uint8Array): StartBlock {
  const [sessionNumber, keyNumber, sealed] = blockShape(decode(block));
  return { sessionNumber, keyNumber, sealed, session: sessionId(block) };
}

/** Opens a start block with the seed of the receiving key; refused `not-opened` (SEAL-6). */
export async function openBlock(block: StartBlock, seed: Uint8Array, founders: Founders): Promise<Session> {
  if (block.sealed.length !== SEALED_SECRET_BYTES) refuse("not-opened");
  const info = blockInfo(founders, block.sessionNumber, block.keyNumber);
  return session(block.session, await open(seed, info, block.sealed));
}

/** Makes the block of a new session with a fresh secret of 32 bytes, sealed to an announced key. */
export async function makeBlock(
  receivingKey: Uint8Array,
  founders: Founders,
  sessionNumber: number,
  keyNumber: number,
  secret: Uint8Array,
): Promise<{ block: Uint8Array; session: Session }> {
  const sealed = await seal(receivingKey, blockInfo(founders, sessionNumber, keyNumber), secret);
  const block = encode([sessionNumber, keyNumber, sealed]);
  return { block, session: session(sessionId(block), secret) };
}

/** A session from its id and secret (SEAL-7). */
export function session(id: Uint8Array, secret: Uint8Array): Session {
  return { id, secret, frameKey: derive(secret, ["pcloud/1 frame key", id]) };
}

function sessionId(block: Uint8Array): Uint8Array {
  return sha256(block).slice(0, SESSION_ID_BYTES);
}

/** Who opens a start to an invitation does not know yet who asks: its sender is null there. */
function blockInfo(founders: Founders, sessionNumber: number, keyNumber: number): Uint8Array {
  const sender = keyNumber === INVITATION_KEY ? null : founders.sender;
  return encode(["pcloud/1 session", sender, founders.recipient, sessionNumber, keyNumber]);
}

/** The signed start: who begins a session, so that nobody else can spend a published key. */
export interface SignedStart extends Addressed {
  readonly session: Uint8Array;
  readonly sessionNumber: number;
  readonly keyNumber: number;
}

const startPayload = tuple(
  oneOf(1), bytes(32), bytes(32), EPOCH, EPOCH, bytes(SESSION_ID_BYTES), integer(1), integer(),
);

/** Reads the form of a signed start; who signed it, and what it names, is compared later (SEAL-22 to SEAL-24). */
export function readStart(signed: Uint8Array): SignedStart {
  const object = readOne(signed, START);
  const [, sender, recipient, senderEpoch, recipientEpoch, session, sessionNumber, keyNumber] =
    arrayPayload(object, startPayload);
  return { object, sender, recipient, senderEpoch, recipientEpoch, session, sessionNumber, keyNumber };
}

/** Signs the start of a session, once for all frames that carry its block (SEAL-25). */
export function makeStart(start: Omit<SignedStart, "object">, seed: Uint8Array, kid: Uint8Array): Uint8Array {
  const { sender, recipient, senderEpoch, recipientEpoch, session, sessionNumber, keyNumber } = start;
  const payload = [1, sender, recipient, senderEpoch, recipientEpoch, session, sessionNumber, keyNumber];
  return makeOne(START, encode(payload), seed, kid);
}
