/** The rows of a volume: what each kind holds (spec 21 §3). */

import { refuse } from "../../errors.js";
import {
  ARCHIVE_IDS_MAX, ARCHIVE_MAILBOXES_MAX, CODE_BYTES_MAX, ENDPOINTS_MAX, ENDPOINT_BYTES_MAX, KEY_EVENTS_MAX,
  MAILBOX_BYTES, NAME_BYTES_MAX, PARTS_MAX, PURPOSE_BYTES_MAX, ROLE_BYTES_MAX, TITLE_BYTES_MAX,
} from "../../limits.js";
import { decode } from "../../encoding/cbor.js";
import { PART } from "../../wire/content.js";
import { OWNER_KIND } from "../../wire/invitation.js";
import { KEM_SEED_BYTES } from "../../crypto/kem.js";
import { ID } from "../../wire/numbers.js";
import { type Read, boolean, bytes, integer, list, nullable, oneOf, text, tuple } from "../../encoding/shape.js";
import { isArray, type Value } from "../../encoding/value.js";

const SCOPE_BYTES = 16;
const OWN_KEY_BYTES_MAX = 128;
const TIMED_KEY_BYTES_MAX = 128;

const scope = bytes(SCOPE_BYTES);
const signed = bytes();
const keyLog = list(signed, 1, KEY_EVENTS_MAX);
const mailbox = bytes(MAILBOX_BYTES);
const places = list(text(1, ENDPOINT_BYTES_MAX), 0, ENDPOINTS_MAX);
const verdict = text(1, CODE_BYTES_MAX);
const title = text(1, TITLE_BYTES_MAX);

const meeting = tuple(
  boolean, text(1, CODE_BYTES_MAX), nullable(title), text(0, PURPOSE_BYTES_MAX), OWNER_KIND,
  nullable(text(1, ROLE_BYTES_MAX)), ID, integer(), integer(),
);
const ownSide = tuple(
  ID, keyLog, OWNER_KIND, list(mailbox, 1, ARCHIVE_MAILBOXES_MAX), places, bytes(32),
  list(bytes(KEM_SEED_BYTES), 1, KEY_EVENTS_MAX),
);
const peerSide = tuple(ID, keyLog, OWNER_KIND, mailbox, places);
const proofs = tuple(nullable(signed), nullable(signed), nullable(signed));
const heads = tuple(integer(), ID, integer(), integer(), ID);

/** Each kind by its name: its number stands first in the row. */
const SHAPES = {
  node: tuple(oneOf(0), title, OWNER_KIND, integer()),
  own: tuple(oneOf(1), text(1, OWN_KEY_BYTES_MAX), nullable(bytes())),
  kept: tuple(oneOf(2), scope, meeting, ownSide, peerSide, proofs, heads, integer(), integer()),
  marked: tuple(oneOf(3), scope, list(ID, 1, ARCHIVE_IDS_MAX)),
  said: tuple(
    oneOf(4), scope, boolean, signed, nullable(verdict), nullable(ID), list(PART, 0, PARTS_MAX),
  ),
  former: tuple(oneOf(5), scope, boolean, signed, nullable(verdict), nullable(ID)),
  judged: tuple(oneOf(6), scope, ID, verdict),
  fork: tuple(oneOf(7), scope, signed),
  timed: tuple(oneOf(8), scope, text(1, NAME_BYTES_MAX), bytes(0, TIMED_KEY_BYTES_MAX), integer()),
  end: tuple(oneOf(9), integer(), integer()),
} as const;
const KINDS = ["node", "own", "kept", "marked", "said", "former", "judged", "fork", "timed", "end"] as const;

export type Kind = keyof typeof SHAPES;
/** The elements of a row of one kind. */
export type RowOf<K extends Kind> = Read<(typeof SHAPES)[K]>;
/** A row whose form is judged. */
export type Row = { [K in Kind]: { readonly kind: K; readonly elements: RowOf<K> } }[Kind];

/** Reads the form of a row (ARCHIVE-6). */
export function readRow(encoded: Uint8Array): Row {
  const value = decode(encoded);
  const kind = KINDS[kindNumber(value)] ?? refuse("shape");
  return { kind, elements: SHAPES[kind](value) } as Row;
}

function kindNumber(value: Value): number {
  const number = isArray(value) ? value[0] : undefined;
  return typeof number === "number" ? number : refuse("shape");
}
