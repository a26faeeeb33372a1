/** The signed header of a message (spec 05 §1). */

import { refuse } from "../errors.js";
import { KEY_EVENTS_MAX, NAME_BYTES_MAX, PARTS_MAX } from "../limits.js";
import { type SignedObject, arrayPayload, readOne } from "./cose.js";
import { type Read, bytes, integer, list, nullable, oneOf, text, tuple } from "./shape.js";

/** The typ of a header. */
export const HEADER = "pcloud-header";

const id = bytes(32);
const epoch = integer(0, KEY_EVENTS_MAX - 1);
const GENERATION_MAX = 2 * (KEY_EVENTS_MAX - 1);

/** Where a reissued message was first sent: first id, generation, number, highest received number. */
const origin = tuple(id, integer(0, GENERATION_MAX), integer(1), integer());

const headerPayload = tuple(
  oneOf(1),
  id, // sender
  id, // recipient
  epoch, // of the sender
  epoch, // of the recipient
  text(1, NAME_BYTES_MAX),
  integer(1), // number
  id, // prev
  nullable(id), // thread
  integer(), // time
  nullable(integer()), // expiry
  integer(), // highest received number
  nullable(id), // highest received id
  nullable(id), // agreement
  list(id, 1, PARTS_MAX),
  nullable(origin),
);

/** A header that was read; its signature is judged by `verify` with the key of the sender's epoch. */
export interface Header {
  readonly object: SignedObject;
  /** The message id (MSG-5). */
  readonly id: Uint8Array;
  readonly sender: Uint8Array;
  readonly recipient: Uint8Array;
  readonly senderEpoch: number;
  readonly recipientEpoch: number;
  readonly name: string;
  readonly number: number;
  readonly prev: Uint8Array;
  /** null in a message that opens a thread. */
  readonly thread: Uint8Array | null;
  readonly time: number;
  readonly expiry: number | null;
  readonly receivedNumber: number;
  readonly receivedId: Uint8Array | null;
  readonly agreement: Uint8Array | null;
  readonly digests: readonly Uint8Array[];
  /** Where a reissue was first sent; null in every other message. */
  readonly first: Origin | null;
}

/** What stood in a message when it was first sent. */
export interface Origin {
  readonly id: Uint8Array;
  readonly generation: number;
  readonly number: number;
  readonly receivedNumber: number;
}

/** Reads a header up to its signature; refused at `form` (MSG-1, MSG-2). */
export function readHeader(signed: Uint8Array): Header {
  const object = readOne(signed, HEADER);
  const [, sender, recipient, senderEpoch, recipientEpoch, name, number, prev, thread, time, expiry, receivedNumber, receivedId, agreement, digests, first] =
    arrayPayload(object, headerPayload);
  if ((receivedNumber === 0) !== (receivedId === null)) refuse("shape");
  return {
    object,
    id: object.id,
    sender,
    recipient,
    senderEpoch,
    recipientEpoch,
    name,
    number,
    prev,
    thread,
    time,
    expiry,
    receivedNumber,
    receivedId,
    agreement,
    digests,
    first: first === null ? null : originOf(first),
  };
}

function originOf([firstId, generation, number, receivedNumber]: Read<typeof origin>): Origin {
  return { id: firstId, generation, number, receivedNumber };
}

/** The first id of a message: its own, or that under which a reissue was first sent. */
export function firstIdOf(header: Header): Uint8Array {
  return header.first?.id ?? header.id;
}
