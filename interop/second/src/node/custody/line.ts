/** What is asked of a holder, by the owner of volumes and by whoever has the words (spec 22 §5). */

import { CUSTODY_CHUNK_BYTES_MAX, CUSTODY_LISTED_MAX } from "../../limits.js";
import { concat, same } from "../../encoding/bytes.js";
import { bytes, integer, list, oneOf, tuple } from "../../encoding/shape.js";
import { sha256 } from "../../crypto/digest.js";
import { ID } from "../../wire/numbers.js";
import type { Line } from "../services/calling.js";
import type { Outcome } from "../services/serving.js";

const nothing = tuple();
const here = tuple(integer());
const proof = tuple(ID);
const piece = tuple(bytes(0, CUSTODY_CHUNK_BYTES_MAX));
const row = tuple(integer(1), oneOf(0, 1), integer(1), ID, integer());
const rows = tuple(list(row, 0, CUSTODY_LISTED_MAX));

/** A volume as a holder lists it. */
export interface Listed {
    readonly place: number;
    readonly isFull: boolean;
    readonly size: number;
    readonly digest: Uint8Array;
    readonly came: number;
}

/** Puts a volume, from where the holder has it: how that ended. */
export async function put(line: Line, token: Uint8Array, isFull: boolean, volume: Uint8Array): Promise<Outcome> {
    const digest = sha256(volume);
    const begun = await line.request(16, [token, isFull ? 0 : 1, volume.length, digest], here);
    if (begun.outcome !== "done") return begun.outcome;
    for (let [at] = begun.fields; at < volume.length; ) {
        const next = volume.subarray(at, at + CUSTODY_CHUNK_BYTES_MAX);
        const taken = await line.request(17, [token, digest, at, next], here);
        if (taken.outcome !== "done") return taken.outcome;
        if (taken.fields[0] <= at) return "busy";
        [at] = taken.fields;
    }
    return (await line.request(18, [token, digest], nothing)).outcome;
}

/** The proof of a holder that it has a volume; null where it says that it has not (CUSTODY-12). */
export async function challenge(line: Line, token: Uint8Array, digest: Uint8Array, nonce: Uint8Array): Promise<Uint8Array | null> {
    const came = await line.request(21, [token, digest, nonce], proof);
    return came.outcome === "done" ? came.fields[0] : null;
}

/** Every volume under a locator, in the order of their places; none where the holder knows nothing of it. */
export async function listAll(line: Line, locator: Uint8Array): Promise<readonly Listed[]> {
    const found: Listed[] = [];
    for (let after = 0; ; ) {
        const came = await line.request(19, [locator, after], rows);
        const [more] = came.outcome === "done" ? came.fields : [[]];
        const last = more.at(-1)?.[0] ?? 0;
        if (last <= after) return found;
        for (const [place, kind, size, digest, time] of more) found.push({ place, isFull: kind === 0, size, digest, came: time });
        after = last;
    }
}

/** The bytes of a volume; null where the holder gives others than it listed. */
export async function fetchVolume(line: Line, locator: Uint8Array, { size, digest }: Listed): Promise<Uint8Array | null> {
    let volume = new Uint8Array();
    while (volume.length < size) {
        const came = await line.request(20, [locator, digest, volume.length], piece);
        if (came.outcome !== "done" || came.fields[0].length === 0) return null;
        volume = concat(volume, came.fields[0]) as Uint8Array<ArrayBuffer>;
    }
    return same(sha256(volume), digest) ? volume : null;
}
