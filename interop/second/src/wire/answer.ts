/** Answers: what was received and judged, and what was not (spec 05 §5). */

import { refuse } from "../errors.js";
import { KEY_EVENTS_MAX, SESSION_ID_BYTES, WINDOW_MESSAGES } from "../limits.js";
import { arrayPayload, makeOne, readOne } from "./cose.js";
import { encode } from "../encoding/encode.js";
import { checkKemKey } from "../crypto/kem.js";
import { ANNOUNCEMENT, EPOCH, ID, REFUSAL } from "./numbers.js";
import type { Addressed, Parties } from "./parties.js";
import { type Read, type Reader, bytes, integer, list, nullable, oneOf, tuple } from "../encoding/shape.js";
import { isArray, type Value } from "../encoding/value.js";

/** The kinds of answer: their `typ` and what stands after the seven elements that all have. */
const FURTHER = {
  "pcloud-receipt": tuple(integer(), nullable(ID), list(REFUSAL, 0, WINDOW_MESSAGES)),
  "pcloud-expected": tuple(integer(1)),
  "pcloud-fork": tuple(integer(), nullable(ID)),
  "pcloud-busy": tuple(),
  "pcloud-stale": tuple(list(bytes(), 1, KEY_EVENTS_MAX)),
} as const satisfies Record<string, Reader<readonly Value[]>>;

export type AnswerType = keyof typeof FURTHER;
export type Further<T extends AnswerType> = Read<(typeof FURTHER)[T]>;
export type Announcement = Read<typeof ANNOUNCEMENT>;

const BEGINNING = 7;
const beginning = tuple(
  oneOf(1), ID, ID, EPOCH, EPOCH, nullable(bytes(SESSION_ID_BYTES)), nullable(ANNOUNCEMENT),
);

/** What every answer says. */
export interface AnswerFields extends Parties {
  /** The session whose start is answered. */
  readonly session: Uint8Array | null;
  /** The current receiving key of the one who answers, with its number. */
  readonly key: Announcement | null;
}

/** An answer whose form is judged, but not who signed it. */
export interface Answer<T extends AnswerType = AnswerType> extends AnswerFields, Addressed {
  readonly id: Uint8Array;
  readonly typ: T;
  readonly further: Further<T>;
}

/** Whether a `typ` is that of an answer. */
export function isAnswerType(typ: string): typ is AnswerType {
  return Object.hasOwn(FURTHER, typ);
}

/** Reads the form of an answer of one kind (ORDER-17, ORDER-18). */
export function readAnswer<T extends AnswerType>(signed: Uint8Array, typ: T): Answer<T> {
  const object = readOne(signed, typ);
  const [fields, further] = arrayPayload(object, (value) => readPayload(value, typ));
  return { object, id: object.id, typ, further, ...fields };
}

function readPayload<T extends AnswerType>(value: Value, typ: T): [AnswerFields, Further<T>] {
  const elements = isArray(value) ? value : refuse("shape");
  const [, sender, recipient, senderEpoch, recipientEpoch, session, key] = beginning(elements.slice(0, BEGINNING));
  const further = FURTHER[typ](elements.slice(BEGINNING)) as Further<T>;
  if (session !== null && key === null) refuse("shape");
  if (typ === "pcloud-stale" && (session !== null || key !== null)) refuse("shape");
  checkFurther(typ, further);
  if (key !== null) checkKemKey(key[1]);
  return [{ sender, recipient, senderEpoch, recipientEpoch, session, key }, further];
}

function checkFurther(typ: AnswerType, further: readonly Value[]): void {
  if (typ !== "pcloud-receipt" && typ !== "pcloud-fork") return;
  const [number, id, refusals] = further as Further<"pcloud-receipt"> | [...Further<"pcloud-fork">, undefined];
  if ((number === 0) !== (id === null)) refuse("shape");
  let last = Math.max(0, number - WINDOW_MESSAGES); // of the window, the numbers above this one
  for (const [refused] of refusals ?? []) {
    if (refused <= last || refused > number) refuse("shape");
    last = refused;
  }
}

/** Signs an answer with the key of the current epoch of the one who answers. */
export function makeAnswer<T extends AnswerType>(
  typ: T, fields: AnswerFields, further: Further<T>, seed: Uint8Array, kid: Uint8Array,
): Uint8Array {
  const { sender, recipient, senderEpoch, recipientEpoch, session, key } = fields;
  const payload = [1, sender, recipient, senderEpoch, recipientEpoch, session, key, ...further];
  return makeOne(typ, encode(payload), seed, kid);
}
