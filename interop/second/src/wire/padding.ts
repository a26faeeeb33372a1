/** Padding of a content, so that its length shows little (spec 04 §4). */

import { refuse } from "../errors.js";
import { CONTENT_BYTES_MAX, PADDED_BYTES_MIN } from "../limits.js";

const PREFIX_BYTES = 4;

/** The padded length of a content of so many bytes: the five steps of spec 04 §4. */
function paddedLength(contentLength: number): number {
  return paddedTo(Math.max(contentLength + PREFIX_BYTES, PADDED_BYTES_MIN));
}

/** Steps 2 to 5 for a length `l` of at least 2 bytes: the length that shows about as much as its own logarithm. */
export function paddedTo(length: number): number {
  const exponent = Math.floor(Math.log2(length)); // exact for every length that a memory holds
  const step = 2 ** (exponent - bitsOf(exponent));
  return Math.ceil(length / step) * step;
}

function bitsOf(integer: number): number {
  return 32 - Math.clz32(integer);
}

/** The padded content; one that is too long is refused `content-too-large` (SEAL-17). */
export function pad(content: Uint8Array): Uint8Array {
  if (content.length > CONTENT_BYTES_MAX) refuse("content-too-large");
  const padded = new Uint8Array(paddedLength(content.length));
  new DataView(padded.buffer).setUint32(0, content.length);
  padded.set(content, PREFIX_BYTES);
  return padded;
}

/** The content in a padded text; refused `padding` where it is not what `pad` gives (SEAL-18, SEAL-19). */
export function unpad(padded: Uint8Array): Uint8Array {
  if (padded.length < PREFIX_BYTES) refuse("padding");
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (length > CONTENT_BYTES_MAX || paddedLength(length) !== padded.length) refuse("padding");
  const end = PREFIX_BYTES + length;
  if (padded.subarray(end).some((byte) => byte !== 0)) refuse("padding");
  return padded.subarray(PREFIX_BYTES, end);
}
