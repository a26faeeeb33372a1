/** Invitations, and the short links that lead to them (spec 07 §1 and §2). */

import { RefusalError, refuse } from "../errors.js";
import {
  KEY_EVENTS_MAX, LINK_BYTES_MAX, LINK_KEY_BYTES, MAILBOX_BYTES, PURPOSE_BYTES_MAX, ENDPOINT_BYTES_MAX,
  ROLE_BYTES_MAX, TERMS_ID_BYTES_MAX, TERMS_LISTED_MAX, TITLE_BYTES_MAX, USES_MAX,
} from "../limits.js";
import { NONCE_BYTES, decrypt, encrypt } from "../crypto/aead.js";
import { same } from "../encoding/bytes.js";
import { decode } from "../encoding/cbor.js";
import { mapPayload, readOne, verify } from "./cose.js";
import { derive, sha256 } from "../crypto/digest.js";
import { encode } from "../encoding/encode.js";
import { checkKemKey } from "../crypto/kem.js";
import { type KeyLog, readLog } from "./keylog.js";
import { ENDPOINTS } from "./numbers.js";
import { type Read, bytes, integer, list, map, oneOf, optional, text, tuple } from "../encoding/shape.js";

export const INVITATION = "pcloud-invitation";
/** What kind a side of a relationship is. */
export const OWNER_KIND = oneOf("person", "organisation");
/** Ids of terms that a side accepts as second party. */
export const TERMS_LISTED = list(text(1, TERMS_ID_BYTES_MAX), 0, TERMS_LISTED_MAX);

const payload = map({
  1: oneOf(1),
  2: list(bytes(), 1, KEY_EVENTS_MAX),
  3: bytes(),
  4: bytes(MAILBOX_BYTES),
  5: ENDPOINTS,
  6: text(1, PURPOSE_BYTES_MAX),
  7: OWNER_KIND,
  8: optional(text(1, ROLE_BYTES_MAX)),
  9: optional(text(1, ROLE_BYTES_MAX)),
  10: integer(1, USES_MAX),
  11: integer(),
  12: optional(integer()),
  13: optional(text(1, TITLE_BYTES_MAX)),
  14: optional(TERMS_LISTED),
});

/** A verified invitation; its fields by the keys of spec 07 §1. */
export interface Invitation {
  readonly id: Uint8Array;
  /** As it travels: nobody can make it again (spec 19 §8). */
  readonly signed: Uint8Array;
  readonly fields: Read<typeof payload>;
  /** The log of the persona that signed it. */
  readonly log: KeyLog;
}

/** Reads and verifies an invitation by the log that it carries (REL-1). */
export function readInvitation(signed: Uint8Array): Invitation {
  const object = readOne(signed, INVITATION);
  const fields = mapPayload(object, payload);
  checkKemKey(fields[3]);
  const log = readLog(fields[2]);
  verify(object, log.last.signingKey);
  return { id: object.id, signed, fields, log };
}

/** What a short link says: where an invitation is kept sealed, and what opens it. */
export interface Link {
  readonly endpoint: string;
  readonly mailbox: Uint8Array;
  /** SHA-256 of the signed invitation. */
  readonly hash: Uint8Array;
  readonly key: Uint8Array;
}

const LINK_HEAD = "pcloud:contact/1/";
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const linkShape = tuple(text(1, ENDPOINT_BYTES_MAX), bytes(MAILBOX_BYTES), bytes(32), bytes(LINK_KEY_BYTES));

/** The text of a link. */
export function linkText(link: Link): string {
  const packed = encode([link.endpoint, link.mailbox, link.hash, link.key]);
  return LINK_HEAD + Buffer.from(packed).toString("base64url");
}

/** Reads a link that has exactly the form of `linkText`; another is refused `link-text` (REL-7). */
export function readLink(link: string): Link {
  const packed = link.slice(LINK_HEAD.length);
  if (link.length > LINK_BYTES_MAX || !link.startsWith(LINK_HEAD) || !BASE64URL.test(packed)) refuse("link-text");
  const read = readPacked(new Uint8Array(Buffer.from(packed, "base64url")));
  return linkText(read) === link ? read : refuse("link-text"); // unused bits that are not zero
}

function readPacked(packed: Uint8Array): Link {
  try {
    const [endpoint, mailbox, hash, key] = linkShape(decode(packed));
    return { endpoint, mailbox, hash, key };
  } catch (error) {
    if (error instanceof RefusalError) return refuse("link-text");
    throw error;
  }
}

/** One key seals one blob, so its nonce can be constant (spec 07 §2). */
const BLOB_NONCE = new Uint8Array(NONCE_BYTES);

/** Seals a signed invitation for the host of a link. */
export function sealInvitation(key: Uint8Array, signed: Uint8Array): Uint8Array {
  const hash = sha256(signed);
  return encrypt(blobKey(key, hash), BLOB_NONCE, signed, hash);
}

/** The signed invitation in a stored blob; refused `not-opened` (REL-8). */
export function openInvitation(key: Uint8Array, hash: Uint8Array, blob: Uint8Array): Uint8Array {
  const signed = decrypt(blobKey(key, hash), BLOB_NONCE, blob, hash);
  return same(sha256(signed), hash) ? signed : refuse("not-opened");
}

function blobKey(key: Uint8Array, hash: Uint8Array): Uint8Array {
  return derive(key, ["pcloud/1 invitation blob", hash]);
}
