/** What the owner's 24 words can make again: next keys and their commitments (spec 03 §4). */

import { derive, labelled } from "./digest.js";
import { publicKey } from "./ed25519.js";

/** The seed of the key that may sign a following key event (ID-23). `secret` is the rotation secret. */
export function nextKeySeed(secret: Uint8Array, generation: number, index: number): Uint8Array {
  return derive(secret, ["pcloud/1 next key", generation, index]);
}

/** What an event holds of the key that may sign the one after it. */
export function commitment(nextKey: Uint8Array): Uint8Array {
  return labelled("pcloud/1 next-key commitment", nextKey);
}

/** The commitment to the next key of a generation and index. */
export function nextCommitment(secret: Uint8Array, generation: number, index: number): Uint8Array {
  return commitment(publicKey(nextKeySeed(secret, generation, index)));
}
