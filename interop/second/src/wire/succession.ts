/** The tie between an invitation persona and the persona that goes on in its place (spec 03 §5). */

import { refuse } from "../errors.js";
import { same } from "../encoding/bytes.js";
import { type SignedObject, arrayPayload, readTwo } from "./cose.js";
import { bytes, oneOf, tuple } from "../encoding/shape.js";

export const SUCCESSION = "pcloud-succession";

const payload = tuple(oneOf(1), bytes(32), bytes(32), bytes(32));

/** A succession whose form is judged; `verify` of its object judges the two signatures. */
export interface Succession {
  readonly object: SignedObject;
  readonly invitation: Uint8Array;
  readonly successor: Uint8Array;
  readonly peer: Uint8Array;
}

/** Reads the form of a succession (ID-28). */
export function readSuccession(bytesSigned: Uint8Array): Succession {
  const object = readTwo(bytesSigned, SUCCESSION);
  const [, invitation, successor, peer] = arrayPayload(object, payload);
  return { object, invitation, successor, peer };
}

/** Refuses a succession that does not name these three personas (ID-29), before its keys are looked at. */
export function checkParties(
  succession: Succession,
  invitation: Uint8Array,
  successor: Uint8Array,
  peer: Uint8Array,
): void {
  const named = same(succession.invitation, invitation) && same(succession.successor, successor);
  if (!named || !same(succession.peer, peer)) refuse("wrong-party");
}
