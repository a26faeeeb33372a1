/** What a node derives from the rotation secret while it has it: the secret itself is never kept (spec 03 §4). */

import { kemPublicOf } from "../crypto/kem.js";
import { nextCommitment, nextKeySeed } from "../crypto/nextkey.js";
import { hex, same } from "../encoding/bytes.js";
import { manifestSeed } from "../files/archive/manifest.js";
import { KEY_EVENTS_MAX, LOCATORS, POOL_SIZE } from "../limits.js";
import { locatorAddress, makeLocator } from "../services/custody.js";
import type { Owner } from "./memory.js";

/** An owner with the pool of a generation of next keys. */
export async function ownerWith(
    secret: Uint8Array,
    { name, kind, made }: Pick<Owner, "name" | "kind" | "made">,
    generation: number,
): Promise<Owner> {
    const addresses = Array.from({ length: LOCATORS }, (_, index) => locatorAddress(makeLocator(secret, index)));
    const manifestKey = await kemPublicOf(manifestSeed(secret));
    return { name, kind, made, generation, pool: poolOf(secret, generation), addresses, manifestKey };
}

/** Whether a rotation secret is that of an owner. */
export function isSecretOf(secret: Uint8Array, { pool, generation }: Owner): boolean {
    return pool[0] !== undefined && same(pool[0], nextCommitment(secret, generation, 0));
}

function poolOf(secret: Uint8Array, generation: number): readonly Uint8Array[] {
    return Array.from({ length: POOL_SIZE }, (_, index) => nextCommitment(secret, generation, index));
}

/** Finds the next key that a key event committed to (REC-39, spec 06 §13). */
export class NextKeys {
    readonly #secret: Uint8Array;
    readonly #from: number;
    /** Index by commitment, for each generation that was looked at. */
    readonly #indexes = new Map<number, ReadonlyMap<string, number>>();
    #newest: number;

    /** Begins with a generation; earlier ones come next, then those that another copy may have made since. */
    constructor(secret: Uint8Array, from: number) {
        this.#secret = secret;
        this.#from = from;
        this.#newest = from;
    }

    /** The newest generation in which a key was found, at least that of the beginning. */
    get newest(): number {
        return this.#newest;
    }

    /** The seed of the key, or null where these words make none that fits. */
    find(commitment: Uint8Array): Uint8Array | null {
        const wanted = hex(commitment);
        const earlier = Array.from({ length: this.#from + 1 }, (_, back) => this.#from - back);
        const later = Array.from({ length: KEY_EVENTS_MAX }, (_, on) => this.#from + 1 + on);
        for (const generation of [...earlier, ...later]) {
            const index = this.#in(generation).get(wanted);
            if (index === undefined) continue;
            this.#newest = Math.max(this.#newest, generation);
            return nextKeySeed(this.#secret, generation, index);
        }
        return null;
    }

    #in(generation: number): ReadonlyMap<string, number> {
        const known = this.#indexes.get(generation);
        if (known !== undefined) return known;
        const made = new Map(poolOf(this.#secret, generation).map((one, index) => [hex(one), index]));
        this.#indexes.set(generation, made);
        return made;
    }
}
