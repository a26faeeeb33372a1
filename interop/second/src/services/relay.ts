/** What a relay is asked, what comes back, and what it keeps (spec 20). */

import { refuse } from "../errors.js";
import { FRAME_BYTES_MAX, PICKUP_BYTES, RELAY_BLOB_BYTES_MAX, VOUCHER_BYTES } from "../limits.js";
import { labelled } from "../crypto/digest.js";
import { ID } from "../wire/numbers.js";
import { type Forms, type Request, readMessage, readRequest } from "./line.js";
import { type Reader, bytes, integer, tuple } from "../encoding/shape.js";
import type { Value } from "../encoding/value.js";

const voucher = bytes(VOUCHER_BYTES);
const pickup = bytes(PICKUP_BYTES);
const positive = integer(1);
const blob = bytes(0, RELAY_BLOB_BYTES_MAX);

/** The operations of spec 20 §5. */
export const RELAY_REQUESTS: Forms = new Map<number, Reader<readonly Value[]>>([
  [1, tuple(voucher, ID, ID)], // open
  [2, tuple(voucher, pickup)], // renew
  [3, tuple(pickup, blob, integer())], // publish
  [4, tuple(pickup)], // watch
  [5, tuple(positive, positive)], // taken
  [6, tuple(pickup)], // close
]);
const ANSWER = 0;
export const FRAME = 7;
const DONE = 0;
const OUTCOME_MAX = 3;

/** What follows the operation of a push: handle, number, frame. */
export const pushedFrame = tuple(positive, positive, bytes(1, FRAME_BYTES_MAX));

/** Reads a request to a relay. */
export function readRelayRequest(message: Uint8Array): Request {
  return readRequest(message, RELAY_REQUESTS);
}

/** What a relay sends: an answer with its outcome (`registry/outcomes.csv`), or a frame that came. */
export type Back =
  | { readonly kind: "answer"; readonly number: number; readonly outcome: number; readonly fields: readonly Value[] }
  | { readonly kind: "frame"; readonly op: number; readonly fields: readonly Value[] };

/** Reads what comes back from a relay. */
export function readRelayBack(message: Uint8Array): Back {
  const { op, rest } = readMessage(message);
  if (op === FRAME) return { kind: "frame", op, fields: pushedFrame(rest) };
  const [number, outcome, ...fields] = rest;
  if (op !== ANSWER || number === undefined || outcome === undefined) return refuse("shape");
  const answer = { kind: "answer", number: positive(number), outcome: integer(DONE, OUTCOME_MAX)(outcome) } as const;
  if (fields.length > (answer.outcome === DONE ? 1 : 0)) refuse("shape");
  return { ...answer, fields: fields.map(positive) };
}

/** What a relay keeps of a mailbox id (RELAY-8). */
export function relayAddress(mailbox: Uint8Array): Uint8Array {
  return labelled("pcloud/1 relay address", mailbox);
}

/** What a relay keeps of a pickup token. */
export function pickupHash(token: Uint8Array): Uint8Array {
  return labelled("pcloud/1 relay pickup", token);
}

/** What a relay keeps of a voucher that is not spent. */
export function voucherHash(secret: Uint8Array): Uint8Array {
  return labelled("pcloud/1 relay voucher", secret);
}
