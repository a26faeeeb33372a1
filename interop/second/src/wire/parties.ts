/** Whom and which epochs everything names that is signed for a peer (ORDER-1). */

import type { SignedObject } from "./cose.js";

export interface Parties {
  readonly sender: Uint8Array;
  readonly recipient: Uint8Array;
  readonly senderEpoch: number;
  readonly recipientEpoch: number;
}

/** The same as it was read; who signed it is judged later. */
export interface Addressed extends Parties {
  readonly object: SignedObject;
}
