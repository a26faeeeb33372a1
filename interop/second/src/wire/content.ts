/** The content of a frame: what is sealed in it (spec 04 §4). */

import { refuse } from "../errors.js";
import { CONTENT_BYTES_MAX, KEY_EVENTS_MAX, PARTS_MAX, SALT_BYTES } from "../limits.js";
import { decode } from "../encoding/cbor.js";
import { encode } from "../encoding/encode.js";
import { type Read, bytes, list, nullable, tuple } from "../encoding/shape.js";

/** A part: salt and data; null where an item is gone (spec 05 §3). */
export const PART = nullable(tuple(bytes(SALT_BYTES), bytes()));
export type Part = Read<typeof PART>;

/** A key log that the receiver does not have, and where it continues another persona, the succession (spec 04 §6). */
export interface Introduction {
  readonly log: readonly Uint8Array[];
  readonly succession: Uint8Array | null;
}

/** A content; the signed objects in it are not looked at. */
export interface Content {
  readonly start: Uint8Array | null;
  readonly introduction: Introduction | null;
  readonly signed: Uint8Array | null;
  readonly parts: readonly Part[];
}

const shape = tuple(
  nullable(bytes()),
  nullable(tuple(list(bytes(), 1, KEY_EVENTS_MAX), nullable(bytes()))),
  nullable(bytes()),
  list(PART, 0, PARTS_MAX),
);

/** Reads a content (SEAL-17, SEAL-20). */
export function readContent(content: Uint8Array): Content {
  if (content.length > CONTENT_BYTES_MAX) refuse("content-too-large");
  const [start, introduced, signed, parts] = shape(decode(content));
  if (signed === null && (start === null || parts.length > 0)) refuse("shape");
  const introduction = introduced === null ? null : { log: introduced[0], succession: introduced[1] };
  return { start, introduction, signed, parts };
}

/** Encodes a content. */
export function makeContent(content: Content): Uint8Array {
  const { start, introduction, signed, parts } = content;
  return encode([start, introduction === null ? null : [introduction.log, introduction.succession], signed, parts]);
}
