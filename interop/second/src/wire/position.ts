/** Positions: where a restored node and its peer stand (spec 06 §2). */

import { refuse } from "../errors.js";
import {
  KEY_EVENTS_MAX, MAILBOX_BYTES, POSITION_LINES_MAX, POSITION_REFUSALS_MAX, POSITION_STEPS_MAX,
} from "../limits.js";
import { same } from "../encoding/bytes.js";
import { arrayPayload, makeOne, readOne, verify } from "./cose.js";
import { encode } from "../encoding/encode.js";
import { checkKemKey } from "../crypto/kem.js";
import { type KeyLog, readLog } from "./keylog.js";
import { ANNOUNCEMENT, ENDPOINTS, EPOCH, ID, REFUSAL } from "./numbers.js";
import type { Addressed, Parties } from "./parties.js";
import { type Read, type Reader, boolean, bytes, integer, list, oneOf, tuple } from "../encoding/shape.js";

export type PositionType = "pcloud-recover" | "pcloud-recovered";

const line = tuple(
  boolean, EPOCH, EPOCH,
  list(tuple(integer(1), ID), 1, POSITION_STEPS_MAX),
  list(REFUSAL, 0, POSITION_REFUSALS_MAX),
);
/** A line: whether it goes out, both epochs of it, heads descending, refusals ascending. */
export type Line = Read<typeof line>;

const nothing = oneOf(null);
const elements = <T>(event: Reader<T>) => tuple(
  oneOf(1), ID, ID, EPOCH, EPOCH, nothing, ANNOUNCEMENT, event,
  list(bytes(), 1, KEY_EVENTS_MAX), bytes(MAILBOX_BYTES), ENDPOINTS, list(line, 0, POSITION_LINES_MAX),
);
const PAYLOAD = {
  "pcloud-recover": elements<Uint8Array | null>(nothing),
  "pcloud-recovered": elements<Uint8Array | null>(ID),
} as const satisfies Record<PositionType, unknown>;

/** What a position says. */
export interface PositionFields extends Parties {
  readonly key: Read<typeof ANNOUNCEMENT>;
  /** The key event that is answered; null in `recover`. */
  readonly event: Uint8Array | null;
  /** The whole key log of the sender, as signed events. */
  readonly events: readonly Uint8Array[];
  readonly mailbox: Uint8Array;
  readonly endpoints: readonly string[];
  readonly lines: readonly Line[];
}

/** A position whose form is judged; `verifyPosition` judges its log and its signature. */
export interface Position extends PositionFields, Addressed {
  readonly id: Uint8Array;
}

/** Reads the form of a position (REC-5). */
export function readPosition(signed: Uint8Array, typ: PositionType): Position {
  const object = readOne(signed, typ);
  const [
    , sender, recipient, senderEpoch, recipientEpoch, , key, event, events, mailbox, endpoints, lines,
  ] = arrayPayload(object, PAYLOAD[typ]);
  lines.forEach(checkLine);
  checkKemKey(key[1]);
  return {
    object, id: object.id, sender, recipient, senderEpoch, recipientEpoch, key, event, events, mailbox, endpoints,
    lines,
  };
}

/**
 * Verifies the log that a position carries, and the position by it (REC-9). Who reads it as one of two peers tells
 * both personas; the recipient may be either persona of the inviting side.
 */
export function verifyPosition(position: Position, peer?: Uint8Array, own: readonly Uint8Array[] = []): KeyLog {
  const log = readLog(position.events);
  if (!same(log.persona, position.sender)) refuse("wrong-party");
  if (peer !== undefined) {
    const isForUs = own.some((persona) => same(persona, position.recipient));
    if (!same(peer, position.sender) || !isForUs) refuse("wrong-party");
  }
  if (log.epoch !== position.senderEpoch) refuse("log-invalid");
  verify(position.object, log.last.signingKey);
  return log;
}

/** Signs a position. */
export function makePosition(
  typ: PositionType, fields: PositionFields, seed: Uint8Array, kid: Uint8Array,
): Uint8Array {
  return makeOne(typ, encode([
    1, fields.sender, fields.recipient, fields.senderEpoch, fields.recipientEpoch, null, fields.key, fields.event,
    fields.events, fields.mailbox, fields.endpoints, fields.lines,
  ]), seed, kid);
}

/** The numbers that a line names of those up to `last`: last, last − 1, − 2, − 4, − 8 … above 1, and 1. */
export function headNumbers(last: number): readonly number[] {
  const numbers = [last];
  for (let step = 1; last - step > 1; step *= 2) numbers.push(last - step);
  if (last > 1) numbers.push(1);
  return numbers;
}

function checkLine([, , , heads, refusals]: Line): void {
  const numbers = heads.map(([number]) => number);
  const wanted = headNumbers(numbers[0] ?? 0);
  if (numbers.length !== wanted.length || numbers.some((number, n) => number !== wanted[n])) refuse("shape");
  refusals.forEach(([number], n) => {
    if (number <= (refusals[n - 1]?.[0] ?? 0)) refuse("shape");
  });
}
