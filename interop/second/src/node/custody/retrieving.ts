/** Whoever has the words finds volumes at a holder, without a relationship to it (spec 22 §2 and §5). */

import { LOCATORS } from "../../limits.js";
import { makeLocator } from "../../services/custody.js";
import type { Dialling } from "../addresses.js";
import { Line } from "../services/calling.js";
import { type Listed, fetchVolume, listAll } from "./line.js";

/**
 * The chains at a holder, newest first: each a full volume and the increments that came after it (spec 21 §5). Empty
 * where the holder cannot be reached, or knows nothing under these words.
 * Throws LineEndedError where the line ends before all is here.
 */
export async function retrieve(
    endpoint: string,
    secret: Uint8Array,
    dialling: Dialling,
): Promise<readonly (readonly Uint8Array[])[]> {
    const line = await Line.open([endpoint], dialling);
    if (line === null) return [];
    try {
        for (let index = 0; index < LOCATORS; index += 1) {
            const locator = makeLocator(secret, index);
            const listed = await listAll(line, locator);
            if (listed.length > 0) return await chainsOf(line, locator, listed);
        }
        return [];
    } finally {
        line.close();
    }
}

async function chainsOf(line: Line, locator: Uint8Array, listed: readonly Listed[]): Promise<readonly (readonly Uint8Array[])[]> {
    const chains: Uint8Array[][] = [];
    for (const one of listed) {
        const volume = await fetchVolume(line, locator, one);
        if (one.isFull) chains.unshift(volume === null ? [] : [volume]);
        else if (volume !== null && chains[0] !== undefined && chains[0].length > 0) chains[0].push(volume);
    }
    return chains.filter((chain) => chain.length > 0);
}
