/** Personas of one's own: made from randomness that is given, and what signs for them (spec 03 §2). */

import { makeOne, makeTwo, signEntry } from "../wire/cose.js";
import { publicKey } from "../crypto/ed25519.js";
import { encode } from "../encoding/encode.js";
import { KEY_EVENT, type KeyLog, readLog } from "../wire/keylog.js";
import { SUCCESSION } from "../wire/succession.js";
import type { Key, Value } from "../encoding/value.js";

/** A key pair of the KEM; the public half was computed when it was drawn. */
export interface KemPair {
    readonly seed: Uint8Array;
    readonly public: Uint8Array;
}

/** All randomness of the engine; whoever gives it decides where it comes from. */
export interface Fresh {
    bytes(count: number): Uint8Array;
    kemPair(): KemPair;
}

/** A persona with its private keys. */
export interface Own {
    /** Seed of the signing key of the current epoch. */
    readonly seed: Uint8Array;
    readonly contact: KemPair;
    /** The key log as it travels. */
    readonly events: readonly Uint8Array[];
    readonly log: KeyLog;
}

/** Makes a persona; `next` is the commitment to its next key, null for a persona that can never change its keys. */
export function makePersona(fresh: Fresh, next: Uint8Array | null): Own {
    const seed = fresh.bytes(32);
    const contact = fresh.kemPair();
    const signingKey = publicKey(seed);
    const payload = new Map<Key, Value>([
        [1, 0],
        [2, null],
        [3, signingKey],
        [4, contact.public],
        [5, next],
    ]);
    const events = [makeOne(KEY_EVENT, encode(payload), seed, signingKey)];
    return { seed, contact, events, log: readLog(events) };
}

/** The tie between an invitation persona and its successor, for one peer; both sign it (spec 03 §5). */
export function makeSuccession(invitation: Own, successor: Own, peer: Uint8Array): Uint8Array {
    const payload = encode([1, invitation.log.persona, successor.log.persona, peer]);
    const entry = ({ seed, log }: Own): Value => signEntry(SUCCESSION, payload, seed, log.last.signingKey);
    return makeTwo(SUCCESSION, payload, [entry(invitation), entry(successor)]);
}
