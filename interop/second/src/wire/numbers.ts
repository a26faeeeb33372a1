/** Readers of the small kinds of value that many structures share (`spec/cddl/common.cddl`). */

import { CODE_BYTES_MAX, ENDPOINTS_MAX, ENDPOINT_BYTES_MAX, KEY_EVENTS_MAX } from "../limits.js";
import { bytes, integer, list, text, tuple } from "../encoding/shape.js";

/** Number of a key event. */
export const EPOCH = integer(0, KEY_EVENTS_MAX - 1);
/** An id, a digest, a persona. */
export const ID = bytes(32);
/** A receiving key with its number (spec 04 §8). The key is judged by who reads the whole, after its shape. */
export const ANNOUNCEMENT = tuple(integer(1), bytes());
/** Where a node is reached, the preferred place first. */
export const ENDPOINTS = list(text(1, ENDPOINT_BYTES_MAX), 1, ENDPOINTS_MAX);
/** A number of a line and the code of its refusal. */
export const REFUSAL = tuple(integer(1), text(1, CODE_BYTES_MAX));
