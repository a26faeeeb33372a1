/** What a holder of sealed volumes is asked, and what it keeps (spec 22). */

import { CUSTODY_CHUNK_BYTES_MAX, CUSTODY_TOKEN_BYTES, LOCATOR_BYTES } from "../limits.js";
import { derive, labelled } from "../crypto/digest.js";
import { ID } from "../wire/numbers.js";
import { type Forms, type Request, readRequest } from "./line.js";
import { type Reader, bytes, integer, oneOf, tuple } from "../encoding/shape.js";
import type { Value } from "../encoding/value.js";

const token = bytes(CUSTODY_TOKEN_BYTES);
const locator = bytes(LOCATOR_BYTES);

/** The operations of spec 22 §5. */
export const CUSTODY_REQUESTS: Forms = new Map<number, Reader<readonly Value[]>>([
  [16, tuple(token, oneOf(0, 1), integer(1), ID)], // begin
  [17, tuple(token, ID, integer(), bytes(1, CUSTODY_CHUNK_BYTES_MAX))], // chunk
  [18, tuple(token, ID)], // finish
  [19, tuple(locator, integer())], // list
  [20, tuple(locator, ID, integer())], // fetch
  [21, tuple(token, ID, ID)], // challenge
]);

/** Reads a request to a holder. */
export function readCustodyRequest(message: Uint8Array): Request {
  return readRequest(message, CUSTODY_REQUESTS);
}

/** The locator of an index: the permission to list and to fetch. `secret` is the rotation secret (spec 22 §2). */
export function makeLocator(secret: Uint8Array, index: number): Uint8Array {
  return derive(secret, ["pcloud/1 locator", index]);
}

/** What a holder keeps of a locator (CUSTODY-15). */
export function locatorAddress(secret: Uint8Array): Uint8Array {
  return labelled("pcloud/1 locator address", secret);
}

/** What a holder keeps of a put token. */
export function tokenHash(secret: Uint8Array): Uint8Array {
  return labelled("pcloud/1 custody token", secret);
}

/** The proof that a holder has a volume (CUSTODY-12). */
export function custodyProof(nonce: Uint8Array, volume: Uint8Array): Uint8Array {
  return labelled("pcloud/1 custody proof", nonce, volume);
}
