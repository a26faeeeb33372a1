/** Byte strings one behind the other, as files hold them (spec 19 §2, spec 21 §2). */

import { refuse } from "../errors.js";
import { head } from "../encoding/encode.js";

const BYTE_STRING = 2;

/** Where a byte string lies in the bytes that hold it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the byte string whose head begins at a place. Its length is judged before its bytes are looked at:
 * another major type, or more than `bytesMax`, is refused `shape`. Null where the bytes do not reach to its end.
 */
export function spanAt(bytes: Uint8Array, at: number, bytesMax: number): Span | null {
  const first = bytes[at];
  if (first === undefined) return null;
  if (first >> 5 !== BYTE_STRING) refuse("shape");
  const info = first & 31;
  if (info > 27) refuse("shape"); // of a length that nobody says, or a reserved one
  const width = info < 24 ? 0 : 1 << (info - 24);
  const start = at + 1 + width;
  if (start > bytes.length) return null;
  const length = width === 0 ? info : bytes.subarray(at + 1, start).reduce((sum, byte) => sum * 256 + byte, 0);
  if (width > 0 && head(BYTE_STRING, length).length < 1 + width) refuse("cbor-not-deterministic");
  if (length > bytesMax) refuse("shape");
  return start + length > bytes.length ? null : { start, end: start + length };
}

/**
 * Judges the first line of a file, and gives its length. What is shorter is `cbor-malformed`, another version
 * `version-unknown`, and what is no such file `shape`. `kind` is the line up to its slash.
 */
export function checkFirstLine(bytes: Uint8Array, kind: string): number {
  const line = `${kind}1\n`;
  if (bytes.length < line.length) refuse("cbor-malformed");
  const found = Buffer.from(bytes.subarray(0, line.length)).toString("latin1");
  if (found === line) return line.length;
  return refuse(found.startsWith(kind) ? "version-unknown" : "shape");
}
