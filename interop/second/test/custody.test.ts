/** What a holder keeps, proves and gives back, and what it refuses (spec 22), with real files. */

import { deepEqual, equal } from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { hex } from "../src/encoding/bytes.js";
import type { Value } from "../src/encoding/value.js";
import { sha256 } from "../src/crypto/digest.js";
import { Volumes } from "../src/node/custody/volumes.js";
import { custodyProof, locatorAddress, tokenHash } from "../src/services/custody.js";
import { scratch } from "./scratch.js";

const KEY = new Uint8Array(32).fill(7);
const NOW = 1_800_000_000;
const DAY_S = 86_400;
const TOKEN = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);
const ADDRESS = locatorAddress(new Uint8Array(32).fill(3));
const [FULL, INCREMENT] = [0, 1];

class Holder {
    readonly folder = scratch("holder");
    volumes = new Volumes(this.folder, KEY);
    #files = 0;

    constructor(bytes = 1_000_000) {
        this.volumes.grant("a", { token: hex(tokenHash(TOKEN)), address: hex(ADDRESS), bytes, days: 30 });
    }

    begin(volume: Uint8Array, kind = FULL, token = TOKEN) {
        const name = Uint8Array.of((this.#files += 1));
        return this.volumes.begin(token, kind, volume.length, sha256(volume), name);
    }

    async put(volume: Uint8Array, kind = FULL, now = NOW): Promise<string> {
        this.begin(volume, kind);
        await this.volumes.chunk(TOKEN, sha256(volume), 0, volume);
        return (await this.volumes.finish(TOKEN, sha256(volume), now)).outcome;
    }

    places(): readonly (Value | undefined)[] {
        const { fields: [rows] = [] } = this.volumes.list(ADDRESS, 0);
        return ((rows ?? []) as readonly (readonly Value[])[]).map(([place]) => place);
    }

    files(): number {
        return readdirSync(join(this.folder, "volumes")).length;
    }

    again(): void {
        this.volumes.shut();
        this.volumes = new Volumes(this.folder, KEY);
    }
}

function volume(of: number, length = 100): Uint8Array {
    return new Uint8Array(length).fill(of);
}

describe("a volume", () => {
    it("is put in pieces, over a restart, and given back to who has the locator alone", async () => {
        const holder = new Holder();
        const one = volume(1);
        deepEqual(holder.begin(one).fields, [0]);
        await holder.volumes.chunk(TOKEN, sha256(one), 0, one.subarray(0, 60));
        holder.again();
        deepEqual(holder.begin(one).fields, [60]);
        deepEqual((await holder.volumes.chunk(TOKEN, sha256(one), 50, one.subarray(50))).fields, [60]);
        deepEqual((await holder.volumes.chunk(TOKEN, sha256(one), 60, volume(1, 41))).fields, [60]);
        equal((await holder.volumes.finish(TOKEN, sha256(one), NOW)).outcome, "unknown");
        deepEqual((await holder.volumes.chunk(TOKEN, sha256(one), 60, one.subarray(60))).fields, [100]);
        equal((await holder.volumes.finish(TOKEN, sha256(one), NOW)).outcome, "done");
        holder.again();
        deepEqual(holder.volumes.list(ADDRESS, 0).fields, [[[1, FULL, 100, sha256(one), NOW]]]);
        deepEqual(holder.volumes.list(ADDRESS, 1).fields, [[]]);
        deepEqual((await holder.volumes.fetch(ADDRESS, sha256(one), 90)).fields, [one.subarray(90)]);
        deepEqual((await holder.volumes.fetch(ADDRESS, sha256(one), 100)).fields, [new Uint8Array()]);
        deepEqual(holder.begin(one).fields, [100]);
        equal((await holder.volumes.finish(TOKEN, sha256(one), NOW)).outcome, "done");
        deepEqual(holder.places(), [1]);
    });

    it("is unknown, in the same words, to who has another token, locator or digest", async () => {
        const holder = new Holder();
        await holder.put(volume(1));
        const digest = sha256(volume(1));
        const answers = [
            holder.begin(volume(2), FULL, OTHER),
            await holder.volumes.chunk(OTHER, digest, 0, volume(1)),
            await holder.volumes.chunk(TOKEN, sha256(volume(9)), 0, volume(9)),
            await holder.volumes.finish(OTHER, digest, NOW),
            holder.volumes.list(locatorAddress(OTHER), 0),
            await holder.volumes.fetch(locatorAddress(OTHER), digest, 0),
            await holder.volumes.fetch(ADDRESS, sha256(volume(9)), 0),
            await holder.volumes.challenge(OTHER, digest, OTHER),
            await holder.volumes.challenge(TOKEN, sha256(volume(9)), OTHER),
        ];
        deepEqual(answers, answers.map(() => ({ outcome: "unknown" })));
        deepEqual(holder.places(), [1]);
    });

    it("with other bytes than it was named by is dropped, and what is kept stays", async () => {
        const holder = new Holder();
        await holder.put(volume(1));
        holder.begin(volume(2));
        await holder.volumes.chunk(TOKEN, sha256(volume(2)), 0, volume(3));
        equal((await holder.volumes.finish(TOKEN, sha256(volume(2)), NOW)).outcome, "unknown");
        deepEqual([holder.places(), holder.files()], [[1], 1]);
    });

    it("that does not fit into the room is full, counted in whole blocks", async () => {
        const holder = new Holder(3 * 4_096);
        equal(await holder.put(volume(1, 4_097)), "done");
        equal(holder.begin(volume(2, 4_097)).outcome, "full");
        equal(await holder.put(volume(3, 4_096)), "done");
        equal(holder.begin(volume(4, 1)).outcome, "full");
        deepEqual(holder.places(), [1, 2]);
    });

    it("is proven as it is on the disk", async () => {
        const holder = new Holder();
        await holder.put(volume(1));
        const nonce = new Uint8Array(32).fill(9);
        const { fields: [proof] = [] } = await holder.volumes.challenge(TOKEN, sha256(volume(1)), nonce);
        deepEqual(proof, custodyProof(nonce, volume(1)));
        const [name = ""] = readdirSync(join(holder.folder, "volumes"));
        writeFileSync(join(holder.folder, "volumes", name), volume(2));
        const { fields: [other] = [] } = await holder.volumes.challenge(TOKEN, sha256(volume(1)), nonce);
        deepEqual(other, custodyProof(nonce, volume(2)));
    });
});

describe("what is kept", () => {
    it("goes when a newer full volume was there for the days that were granted, an increment after seven", async () => {
        const holder = new Holder();
        await holder.put(volume(1), FULL);
        await holder.put(volume(2), INCREMENT);
        await holder.put(volume(3), FULL, NOW + DAY_S);
        holder.volumes.sweep(NOW + 8 * DAY_S - 1);
        deepEqual(holder.places(), [1, 2, 3]);
        holder.volumes.sweep(NOW + 8 * DAY_S);
        deepEqual(holder.places(), [1, 3]);
        holder.volumes.sweep(NOW + 31 * DAY_S);
        deepEqual([holder.places(), holder.files()], [[3], 1]);
        holder.volumes.sweep(NOW + 1_000 * DAY_S);
        deepEqual(holder.places(), [3]);
    });

    it("outlives the end of its custody by the days that were granted, and nothing more is taken", async () => {
        const holder = new Holder();
        await holder.put(volume(1));
        holder.begin(volume(2));
        await holder.volumes.chunk(TOKEN, sha256(volume(2)), 0, volume(2, 10));
        holder.volumes.end("a", NOW);
        equal(holder.begin(volume(2)).outcome, "unknown");
        equal((await holder.volumes.challenge(TOKEN, sha256(volume(1)), OTHER)).outcome, "unknown");
        holder.again();
        holder.volumes.sweep(NOW + 30 * DAY_S - 1);
        deepEqual([holder.places(), holder.files()], [[1], 1]);
        holder.volumes.sweep(NOW + 30 * DAY_S);
        equal(holder.volumes.list(ADDRESS, 0).outcome, "unknown");
        equal(holder.files(), 0);
    });

    it("stays under a later grant, which brings another token", async () => {
        const holder = new Holder();
        await holder.put(volume(1));
        holder.volumes.grant("a", { token: hex(tokenHash(OTHER)), address: hex(ADDRESS), bytes: 4_096, days: 30 });
        equal(holder.begin(volume(1)).outcome, "unknown");
        deepEqual(holder.begin(volume(1), FULL, OTHER).fields, [100]);
        deepEqual(holder.places(), [1]);
    });
});
