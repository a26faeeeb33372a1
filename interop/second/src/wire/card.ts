/** Cards: what a public persona publishes about itself (spec 07 §8, spec 03 §6). */

import { refuse } from "../errors.js";
import { DOMAINS_MAX, DOMAIN_BYTES_MAX, KEY_EVENTS_MAX, TITLE_BYTES_MAX } from "../limits.js";
import { same } from "../encoding/bytes.js";
import { mapPayload, readOne, verify } from "./cose.js";
import { OWNER_KIND, TERMS_LISTED, readInvitation } from "./invitation.js";
import { type KeyLog, readLog } from "./keylog.js";
import { ENDPOINTS } from "./numbers.js";
import { type Read, bytes, integer, list, map, oneOf, optional, text } from "../encoding/shape.js";

export const CARD = "pcloud-card";

const payload = map({
  1: oneOf(1),
  2: list(bytes(), 1, KEY_EVENTS_MAX),
  3: OWNER_KIND,
  4: ENDPOINTS,
  5: integer(),
  6: integer(),
  7: optional(list(text(1, DOMAIN_BYTES_MAX), 0, DOMAINS_MAX)),
  8: optional(TERMS_LISTED),
  9: optional(text(1, TITLE_BYTES_MAX)),
  10: optional(bytes()),
});

/** A verified card; its fields by the keys of spec 07 §8. */
export interface Card {
  readonly id: Uint8Array;
  readonly fields: Read<typeof payload>;
  readonly log: KeyLog;
}

/** Reads and verifies a card, and the standing invitation in it (REL-35, REL-36, ID-31). */
export function readCard(signed: Uint8Array): Card {
  const object = readOne(signed, CARD);
  const fields = mapPayload(object, payload);
  if (fields[6] <= fields[5]) refuse("shape");
  const log = readLog(fields[2]);
  verify(object, log.last.signingKey);
  const standing = fields[10];
  if (standing !== undefined && !same(readInvitation(standing).log.persona, log.persona)) refuse("wrong-party");
  return { id: object.id, fields, log };
}

/** Whether a card may still be used at a time (ID-32). */
export function isCurrent(card: Card, now: number): boolean {
  return card.fields[6] > now;
}
