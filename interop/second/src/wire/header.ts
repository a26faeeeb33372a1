/** The signed header of a message (spec 05 §1) and its parts (§3). */

import { refuse } from "../errors.js";
import { KEY_EVENTS_MAX, NAME_BYTES_MAX, PARTS_MAX } from "../limits.js";
import { concat, same } from "../encoding/bytes.js";
import type { Part } from "./content.js";
import { arrayPayload, makeOne, readOne } from "./cose.js";
import { sha256 } from "../crypto/digest.js";
import { encode } from "../encoding/encode.js";
import { EPOCH, ID } from "./numbers.js";
import type { Addressed, Parties } from "./parties.js";
import { integer, list, nullable, oneOf, text, tuple } from "../encoding/shape.js";

export const HEADER = "pcloud-header";
const GENERATION_MAX = 2 * (KEY_EVENTS_MAX - 1);

/** Where a reissued message first stood, and what its sender had judged then (spec 06 §4). */
export interface Origin {
  readonly id: Uint8Array;
  readonly generation: number;
  readonly number: number;
  readonly highest: number;
}

/** The fields of a header, in the words of spec 05 §1. */
export interface HeaderFields extends Parties {
  readonly name: string;
  readonly number: number;
  /** Link to the message before in the same line. */
  readonly prev: Uint8Array;
  /** Null in a message that opens a thread. */
  readonly thread: Uint8Array | null;
  readonly time: number;
  readonly expiry: number | null;
  readonly receivedNumber: number;
  readonly receivedId: Uint8Array | null;
  readonly agreement: Uint8Array | null;
  readonly digests: readonly Uint8Array[];
  /** Null where this is the first sending. */
  readonly first: Origin | null;
}

/** A header whose form is judged, but not who signed it. */
export interface Header extends HeaderFields, Addressed {
  readonly id: Uint8Array;
}

const payload = tuple(
  oneOf(1), ID, ID, EPOCH, EPOCH, text(1, NAME_BYTES_MAX), integer(1), ID, nullable(ID), integer(),
  nullable(integer()), integer(), nullable(ID), nullable(ID), list(ID, 1, PARTS_MAX),
  nullable(tuple(ID, integer(0, GENERATION_MAX), integer(1), integer())),
);

/** Reads the form of a header (MSG-1, MSG-2). Epochs, signer and order are judged later. */
export function readHeader(signed: Uint8Array): Header {
  const object = readOne(signed, HEADER);
  const [
    , sender, recipient, senderEpoch, recipientEpoch, name, number, prev, thread, time,
    expiry, receivedNumber, receivedId, agreement, digests, origin,
  ] = arrayPayload(object, payload);
  if ((receivedNumber === 0) !== (receivedId === null)) refuse("shape");
  const first = origin === null
    ? null
    : { id: origin[0], generation: origin[1], number: origin[2], highest: origin[3] };
  return {
    object, id: object.id, sender, recipient, senderEpoch, recipientEpoch, name, number, prev, thread, time,
    expiry, receivedNumber, receivedId, agreement, digests, first,
  };
}

/** Signs a header with the key of the sender's epoch. */
export function makeHeader(fields: HeaderFields, seed: Uint8Array, kid: Uint8Array): Uint8Array {
  const { first } = fields;
  const origin = first === null ? null : [first.id, first.generation, first.number, first.highest];
  return makeOne(HEADER, encode([
    1, fields.sender, fields.recipient, fields.senderEpoch, fields.recipientEpoch, fields.name, fields.number,
    fields.prev, fields.thread, fields.time, fields.expiry, fields.receivedNumber, fields.receivedId,
    fields.agreement, fields.digests, origin,
  ]), seed, kid);
}

/** The sum of both epochs; it grows with every recovery of either side. */
export function generation(header: HeaderFields): number {
  return header.senderEpoch + header.recipientEpoch;
}

/** The id of the first sending of a message. */
export function firstId(header: Header): Uint8Array {
  return header.first?.id ?? header.id;
}

/** The id of the thread that a message belongs to, or opens. */
export function threadId(header: Header): Uint8Array {
  return header.thread ?? firstId(header);
}

/** A generation and a number in it: the rank of a message, or what its sender knew. */
export interface Place {
  readonly generation: number;
  readonly number: number;
}

/** Where a message first stood in its line: its rank. */
export function rank(header: HeaderFields): Place {
  const { first } = header;
  return first ?? { generation: generation(header), number: header.number };
}

/** The last message of the other side that its sender had judged when it was first sent. */
export function knew(header: HeaderFields): Place {
  const { first } = header;
  if (first !== null) return { generation: first.generation, number: first.highest };
  return { generation: generation(header), number: header.receivedNumber };
}

/** Compares places by generation, then by number: negative, zero or positive. */
export function comparePlaces(a: Place, b: Place): number {
  return a.generation - b.generation || a.number - b.number;
}

/** The digest that a header holds of a part. */
export function partDigest(salt: Uint8Array, data: Uint8Array): Uint8Array {
  return sha256(concat(salt, data));
}

/**
 * Judges the parts of a message by the digests of its header (MSG-13, MSG-14); gives the data of part 0.
 * Throws RefusalError of stage `content`.
 */
export function checkParts(digests: readonly Uint8Array[], parts: readonly Part[]): Uint8Array {
  const [body] = parts;
  if (parts.length < digests.length || body === undefined || body === null) return refuse("part-missing");
  checkDigests(digests, parts);
  return body[1];
}

/** Judges that each part gives the digest at its place, and that there is no place without a digest. */
export function checkDigests(digests: readonly Uint8Array[], parts: readonly Part[]): void {
  parts.forEach((part, place) => {
    const digest = digests[place] ?? refuse("part-mismatch");
    if (part !== null && !same(partDigest(part[0], part[1]), digest)) refuse("part-mismatch");
  });
}

/** The `prev` of number 1 of a line: the current key events of both sides, the sender's first (spec 05 §4). */
export function firstPrev(senderEvent: Uint8Array, recipientEvent: Uint8Array): Uint8Array {
  return sha256(concat(senderEvent, recipientEvent));
}
