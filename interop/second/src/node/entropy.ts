/** All randomness of a node: from the system, or for tests from a seed that is used for one start only. */

import { createCipheriv, randomBytes } from "node:crypto";
import { kemPublicOf } from "../crypto/kem.js";
import type { Fresh, KemPair } from "../engine/persona.js";

/** More than one turn draws. */
const PAIRS_READY = 8;
const SEED_BYTES = 32;
const NONCE_BYTES = 16;

export class Entropy implements Fresh {
    readonly #draw: (count: number) => Uint8Array;
    readonly #pairs: KemPair[] = [];

    constructor(seed: Uint8Array | null) {
        this.#draw = seed === null ? (count) => new Uint8Array(randomBytes(count)) : keyStream(seed);
    }

    bytes(count: number): Uint8Array {
        return this.#draw(count);
    }

    /** A pair that was made before; `ready` sees to it that there is one. */
    kemPair(): KemPair {
        const pair = this.#pairs.shift();
        if (pair === undefined) throw new Error("more key pairs were drawn in one turn than were ready");
        return pair;
    }

    /** Makes the pairs that the next turn may draw: the engine does not wait, and their library does. */
    async ready(): Promise<void> {
        while (this.#pairs.length < PAIRS_READY) {
            const seed = this.bytes(SEED_BYTES);
            this.#pairs.push({ seed, public: await kemPublicOf(seed) });
        }
    }
}

/** The key stream of ChaCha20 under the seed, once from its beginning. */
function keyStream(seed: Uint8Array): (count: number) => Uint8Array {
    const cipher = createCipheriv("chacha20", seed, new Uint8Array(NONCE_BYTES));
    return (count) => new Uint8Array(cipher.update(new Uint8Array(count)));
}
