/** Key logs: who a persona is, and with which keys (spec 03 §2). */

import { refuse } from "../errors.js";
import { KEY_EVENTS_MAX } from "../limits.js";
import { same } from "../encoding/bytes.js";
import { decode } from "../encoding/cbor.js";
import { type SignedObject, readOne, verify } from "./cose.js";
import { checkKey } from "../crypto/ed25519.js";
import { checkKemKey } from "../crypto/kem.js";
import { commitment } from "../crypto/nextkey.js";
import { bytes, integer, map, nullable } from "../encoding/shape.js";

export const KEY_EVENT = "pcloud-key-event";

const eventPayload = map({
  1: integer(0, KEY_EVENTS_MAX - 1),
  2: nullable(bytes(32)),
  3: bytes(),
  4: bytes(),
  5: nullable(bytes(32)),
});

/** One verified event of a log. */
export interface KeyEvent {
  readonly id: Uint8Array;
  /** As it travels. */
  readonly signed: Uint8Array;
  readonly signingKey: Uint8Array;
  readonly contactKey: Uint8Array;
  /** Commitment to the key that may sign the next event; null where the log can never grow. */
  readonly next: Uint8Array | null;
}

/** A verified key log. */
export interface KeyLog {
  /** Id of event 0. */
  readonly persona: Uint8Array;
  /** Number of the last event. */
  readonly epoch: number;
  readonly events: readonly KeyEvent[];
  readonly last: KeyEvent;
}

/**
 * Verifies a log from event 0 to its last (ID-9 to ID-17, ID-33).
 * Throws RefusalError with the first fault, event by event: form, place in the chain, signature.
 */
export function readLog(signedEvents: readonly Uint8Array[]): KeyLog {
  if (signedEvents.length < 1 || signedEvents.length > KEY_EVENTS_MAX) refuse("shape");
  const events: KeyEvent[] = [];
  for (const signed of signedEvents) events.push(readEvent(signed, events));
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) refuse("shape");
  return { persona: first.id, epoch: events.length - 1, events, last };
}

/** The event of an epoch; undefined where the log has none. */
export function eventOf(log: KeyLog, epoch: number): KeyEvent | undefined {
  return log.events[epoch];
}

function readEvent(signed: Uint8Array, before: readonly KeyEvent[]): KeyEvent {
  const object = readOne(signed, KEY_EVENT);
  const { 1: number, 2: previous, 3: signingKey, 4: contactKey, 5: next } = eventPayload(decode(object.payload));
  checkKey(signingKey);
  checkKemKey(contactKey);
  const kid = kidOf(object);
  const parent = before.at(-1);
  if (parent === undefined) {
    if (number !== 0 || previous !== null || !same(kid, signingKey)) refuse("log-invalid");
  } else {
    if (number !== before.length || previous === null || !same(previous, parent.id)) refuse("log-invalid");
    if (parent.next === null || !same(commitment(kid), parent.next)) refuse("log-invalid");
    if (before.some((event) => same(event.signingKey, signingKey))) refuse("log-invalid");
  }
  verify(object, kid);
  return { id: object.id, signed, signingKey, contactKey, next };
}

function kidOf(object: SignedObject): Uint8Array {
  return object.signatures[0]?.kid ?? refuse("cose-structure");
}

/** How a log that was seen stands to the known one of the same persona (spec 03 §2.1). */
export type Relation = "same" | "extends" | "outdated" | "conflict";

/** Compares two valid logs of one persona by the ids of their events (ID-18 to ID-20). */
export function compareLogs(known: KeyLog, seen: KeyLog): Relation {
  if (firstDifference(known, seen) !== null) return "conflict";
  if (known.epoch === seen.epoch) return "same";
  return seen.epoch > known.epoch ? "extends" : "outdated";
}

/** The number of the first event that differs, which is the evidence of a conflict (ID-19); null where none does. */
export function firstDifference(known: KeyLog, seen: KeyLog): number | null {
  const number = known.events.findIndex((event, n) => {
    const other = eventOf(seen, n);
    return other !== undefined && !same(event.id, other.id);
  });
  return number < 0 ? null : number;
}
